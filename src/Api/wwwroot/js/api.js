// Talks to the API of this origin with the admin's cookie.

/** An answer that is no success: `status`, the API's `code`, and a sentence to show. */
export class ApiError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const get = (path) => request('GET', path);
export const post = (path, body, headers) => request('POST', path, body, headers);
export const put = (path, body) => request('PUT', path, body);
export const del = (path) => request('DELETE', path);

/** A key under which a request can be repeated without being done twice. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function request(method, path, body, headers = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      // Another site cannot send this header, so the cookie alone opens nothing to it.
      headers: { 'X-Loopwave': '1', ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: 'no-store',
      signal: AbortSignal.timeout(15_000),
    });
  } catch {
    throw new ApiError(0, 'no_answer', 'Loopwave does not answer.');
  }

  const answer = await read(response);
  if (response.ok) {
    return answer;
  }

  throw new ApiError(response.status, answer?.error ?? 'unknown', answer?.message ?? `Loopwave answered with status ${response.status}.`);
}

async function read(response) {
  try {
    return await response.json();
  } catch {
    return null;
  }
}
