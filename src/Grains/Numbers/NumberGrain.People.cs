using Loopwave.Deployment;
using Loopwave.Engines;

namespace Loopwave.Numbers;

/// <summary>
/// People are the deployment's, chats are each number's: what one number learns about two addresses changes chats of others.
/// They are told once it is stored. One that could not be told finds out when it reads the person the next time.
/// </summary>
internal sealed partial class NumberGrain
{
    // Somebody whom very many numbers know must not take the process's attention from all else.
    private const int ToldAtOnce = 16;

    private readonly HashSet<string> _begun = [];
    private readonly HashSet<EngineEvent.AliasLearned> _kept = [];
    private bool _lookingAgain;

    public Task Learn(IReadOnlyList<EngineEvent.AliasLearned> aliases) =>
        Learn([.. aliases.SelectMany(alias => new[] { alias.PhoneJid, alias.Lid })], aliases);

    // Only numbers with a chat are told. One whose first chat with somebody begins after that looks for itself.
    private void LookAgain(IReadOnlyList<string> begun)
    {
        _begun.UnionWith(begun);
        if (_begun.Count > 0 && !_lookingAgain)
        {
            Track(LookAgain());
        }
    }

    // One look at a time, at all that began meanwhile: a burst of new chats must not stand in the way of their answers.
    private async Task LookAgain()
    {
        _lookingAgain = true;
        try
        {
            while (_begun.Count > 0)
            {
                string[] begun = [.. _begun];
                _begun.Clear();
                await Learn(begun, []);
            }
        }
        finally
        {
            _lookingAgain = false;
        }
    }

    private Task Learn(IReadOnlyList<string> jids, IReadOnlyList<EngineEvent.AliasLearned> aliases) => OnNumber<NumberView>(async () =>
    {
        await _turn.WaitAsync();
        try
        {
            await Look(async book =>
            {
                await book.Follow(jids);
                return book;
            });
            var work = NewWork();
            work.JoinDoubles();
            foreach (var alias in aliases)
            {
                work.Party(alias.PhoneJid, alias.Lid);
            }

            JoinLines(work);
            await Commit(work);
        }
        finally
        {
            _turn.Release();
        }

        Pump();
        return View();
    });

    // One line of messages per person, also for what was accepted before anybody knew.
    private void JoinLines(NumberWork work)
    {
        foreach (var item in work.Joined.SelectMany(pair => _queue.Join(pair.From, pair.Into)))
        {
            work.Put(item);
        }
    }

    // A commit that nobody answered may have been done after all. Made again it would have no news then.
    private void KeepToTell(NumberWork work)
    {
        _begun.UnionWith(work.Begun);
        _kept.UnionWith(work.Learned);
    }

    private void TellWhatWasKept()
    {
        LookAgain([]);
        EngineEvent.AliasLearned[] kept = [.. _kept];
        _kept.Clear();
        TellOthers(kept);
    }

    // Nobody waits for it: two numbers that tell each other at one moment would wait for each other.
    private void TellOthers(IReadOnlyList<EngineEvent.AliasLearned> learned)
    {
        if (learned.Count > 0)
        {
            Track(Tell(learned));
        }
    }

    private async Task Tell(IReadOnlyList<EngineEvent.AliasLearned> learned)
    {
        foreach (var alias in learned)
        {
            foreach (var some in (await WhoKnows(alias)).Chunk(ToldAtOnce))
            {
                await Task.WhenAll(some.Select(number => Tell(number, alias)));
            }
        }
    }

    private async Task<IReadOnlyList<string>> WhoKnows(EngineEvent.AliasLearned alias)
    {
        try
        {
            var parties = await ports.Chats.Parties([alias.PhoneJid, alias.Lid]);
            if (!parties.TryGetValue(alias.PhoneJid, out var party) || parties.GetValueOrDefault(alias.Lid) != party)
            {
                // The change that would say so was lost: it is told when it is made again.
                return [];
            }

            var chats = await ports.Chats.FindAnywhere(party);
            return [.. chats.Select(chat => chat.Number).Where(number => number != Number).Distinct()];
        }
        catch (StorageUnavailableException exception)
        {
            LogNotTold(logger, exception, Number, "others");
            _kept.Add(alias);
            return [];
        }
    }

    private async Task Tell(string number, EngineEvent.AliasLearned alias)
    {
        try
        {
            await GrainFactory.GetGrain<INumberPeople>(number).Learn([alias]);
        }
        catch (Exception exception)
        {
            LogNotTold(logger, exception, Number, number);
        }
    }
}
