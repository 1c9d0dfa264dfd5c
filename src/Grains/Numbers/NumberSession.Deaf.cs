namespace Loopwave.Numbers;

/// <summary>A deaf session, which looks open and hears nothing, is healed by closing it and connecting again.</summary>
public sealed partial record NumberSession
{
    /// <summary>
    /// The connection looks open but does not answer: a ping was lost (<see cref="Engines.EngineEvent.PingLost"/>), or a message stayed
    /// without the network's answer for too long (<see cref="Messages.SendPlan.Deaf"/>).
    /// </summary>
    public NumberSession Deaf(DateTimeOffset now, double random) => IsOpen ? Lost(DisconnectCause.Deaf, now, random) : this;
}
