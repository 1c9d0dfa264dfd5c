namespace Loopwave.Chaos.Watching;

/// <summary>What callers began while a fault lasted, of what the load was to begin: what it did to a cluster that had little to do says little.</summary>
/// <param name="Injections">Messages that were written to numbers of the sandbox.</param>
internal sealed record FaultLoad(int Sends, double DueSends, int Injections, double DueInjections)
{
    public static FaultLoad Of(FaultRecord fault, AllAsked asked)
    {
        var lasted = (fault.HealedAt - fault.At).TotalSeconds;
        return new(Begun(asked.Sends), asked.SendsPerSecond * lasted, Begun(asked.Injections), asked.InjectionsPerSecond * lasted);

        int Begun(IEnumerable<Asked> all) => all.Count(one => one.First >= fault.At && one.First < fault.HealedAt);
    }

    /// <summary>Whether so much of everything was begun.</summary>
    public bool IsAtLeast(double part) => Sends >= DueSends * part && Injections >= DueInjections * part;

    public override string ToString() => FormattableString.Invariant($"{Sends} sends of {DueSends:0} and {Injections} inbound messages of {DueInjections:0}");
}
