// Asks again and again: every two seconds while all is well, ever less often while it is not.

const period = 2_000;
const longest = 30_000;

/**
 * Calls `ask` until `stop()`. `trouble(error, seconds)` hears of each failure and when the next try is due, and
 * `trouble(null)` of the first success after one. A hidden page does not ask.
 */
export function poll(ask, trouble) {
  let timer = 0;
  let failures = 0;
  let stopped = false;
  let asking = Promise.resolve();
  let queued = null;

  const next = (delay) => {
    clearTimeout(timer);
    if (!stopped && !document.hidden) {
      timer = setTimeout(now, delay);
    }
  };

  async function once() {
    try {
      await ask();
      if (failures > 0) {
        trouble(null);
      }

      failures = 0;
      next(period);
    } catch (error) {
      failures += 1;
      const delay = Math.min(longest, period * 2 ** Math.min(failures, 5) * (0.75 + Math.random() / 2));
      trouble(error, Math.ceil(delay / 1000));
      next(delay);
    }
  }

  // Somebody who asks while an answer is under way waits for a fresh one after it.
  function now() {
    clearTimeout(timer);
    queued ??= asking.then(() => {
      queued = null;
      asking = stopped ? Promise.resolve() : once();
      return asking;
    });
    return queued;
  }

  const seen = () => { if (!document.hidden) { now(); } };
  document.addEventListener('visibilitychange', seen);
  now();

  return {
    now,
    stop() {
      stopped = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
    },
  };
}
