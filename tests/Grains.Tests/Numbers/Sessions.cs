using Loopwave.Engines;
using Loopwave.Numbers;

namespace Loopwave.Grains.Tests.Numbers;

/// <summary>Sessions in every state, each reached the way a real number gets there.</summary>
internal static class Sessions
{
    public static readonly DateTimeOffset Now = new(2026, 6, 29, 10, 0, 0, TimeSpan.Zero);

    /// <summary>Halves every spread: the delays of tests are literal.</summary>
    public const double Middle = 0.5;

    public static readonly LinkAttempt Qr = new(null, false, Now);

    public static DateTimeOffset At(double seconds) => Now + TimeSpan.FromSeconds(seconds);

    public static NumberSession Connecting(this NumberSession pending, DateTimeOffset now) =>
        pending.Wiped().Admit(now, now);

    /// <summary>What wants to connect connects and is let in.</summary>
    public static NumberSession LoggedIn(this NumberSession session, DateTimeOffset now) =>
        (session.State is SessionState.Pending ? session.Connecting(now) : session).Opened(now);

    public static NumberSession Closed(this NumberSession session, int code, DateTimeOffset now, DateTimeOffset? until = null) =>
        session.On(new EngineEvent.Closed(code, until), now, Middle);

    public static NumberSession Opened(this NumberSession session, DateTimeOffset now) =>
        session.On(new EngineEvent.Opened("Support"), now, Middle);

    /// <summary>A code is on the screen of a number that never had a device.</summary>
    public static NumberSession Linking() =>
        new NumberSession().StartLink(Qr, Now).Connecting(Now).On(new EngineEvent.LinkOffered("2@qr", null, At(20)), Now, Middle);

    /// <summary>The phone has just linked us; the network closes with 515 next.</summary>
    public static NumberSession Linked() => Linking()
        .On(new EngineEvent.LinkScanned(), Now, Middle)
        .On(new EngineEvent.Linked("919800000001", "88@lid", "Support"), Now, Middle);

    /// <summary>Logged in since <see cref="Now"/>.</summary>
    public static NumberSession Ready() => Linked().Closed(515, Now).Connecting(Now).Opened(Now);

    /// <summary>Every state, never linked first, then with a device, each under the name of its state.</summary>
    public static IEnumerable<(string Name, NumberSession Session)> Every()
    {
        var never = new NumberSession();
        var pending = never.StartLink(Qr, Now).Wiped();
        yield return ("never linked", never);
        yield return ("linking, pending", pending);
        yield return ("linking, admitted", pending.Admit(At(1), Now));
        yield return ("linking, connecting", pending.Connecting(Now));
        yield return ("linking, waiting", pending.Connecting(Now).Closed(503, Now).Wiped());
        yield return ("linking", Linking());
        yield return ("scanned", Linking().On(new EngineEvent.LinkScanned(), Now, Middle));

        var ready = Ready();
        var again = ready.Closed(515, Now);
        yield return ("linked", Linked());
        yield return ("pending", again);
        yield return ("admitted", again.Admit(At(1), Now));
        yield return ("connecting", again.Connecting(Now));
        yield return ("ready", ready);
        yield return ("waiting", ready.Closed(428, Now));
        yield return ("held", ready.Closed(440, Now).Tick(At(30), Middle).Connecting(At(30)).Closed(440, At(30)));
        yield return ("restricted until", ready.Closed(402, Now, At(3600)));
        yield return ("restricted", ready.Closed(403, Now));
        yield return ("stopped", ready.Stop(Now));
        yield return ("logged out, credentials kept", ready.Closed(411, Now));
        yield return ("logged out", ready.Closed(401, Now).Wiped());
        yield return ("removed", ready.Remove(Now).LoggedOut(Now).Wiped());
        yield return ("removed, to be logged out", ready.Remove(Now));
        yield return ("removed, waiting", ready.Remove(Now).LogOutFailed(Now, Middle));
        yield return ("replaced, pending", ready.Stop(Now).StartLink(Qr, Now));
    }

    public static NumberSession Named(string name) => Every().Single(one => one.Name == name).Session;

    /// <summary>Nothing happens by itself any more; whoever looks at the number is told why.</summary>
    public static bool NeedsPerson(this NumberSession session) => session.State
        is SessionState.LoggedOut or SessionState.Held or SessionState.Stopped or SessionState.Removed
        || (session.State is SessionState.Restricted && session.DueAt is null);
}
