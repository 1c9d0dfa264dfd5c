using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Ledger;

/// <summary>How a run came out.</summary>
/// <param name="Replaced">Connections that were still open for their network when the next ones began.</param>
/// <param name="Lingered">For how long those of them were that silos could have ended which had lost them; null when there were none.</param>
/// <param name="Failed">Accepted messages that were not sent and say so: a final state that is visible.</param>
internal sealed record LedgerResult(
    int Accepted, int Spoken, int Lost, int Doubled, int Repeated, int OutOfOrder, int Overlapping, int Replaced, Spread? Lingered, int Failed, IReadOnlyList<Violation> Violations);

/// <summary>
/// Compares what was promised with what really happened. Only the networks' records count for what was sent; what the product
/// says of itself counts for what it stored.
/// </summary>
internal sealed class LedgerCheck
{
    private const int MostRepeats = 3;
    private static readonly HashSet<string> SentStates = ["sent", "delivered", "read"];
    private static readonly HashSet<string> EndedStates = ["failed", "cancelled"];

    private readonly List<Violation> _violations = [];
    private readonly Claims _claims;
    private readonly Evidence _evidence;
    private readonly IEnumerable<CutOff> _cutOffs;
    private readonly ILookup<string, WireMessage> _wire;
    private readonly ILookup<string, StoredMessage> _own;

    private LedgerCheck(Claims claims, Evidence evidence, IEnumerable<CutOff> cutOffs)
    {
        (_claims, _evidence, _cutOffs) = (claims, evidence, cutOffs);
        _wire = evidence.Wire.ToLookup(message => message.Text);
        _own = evidence.Stored.Where(message => message.FromMe).ToLookup(message => message.Text);
    }

    /// <param name="cutOffs">
    /// Each excuses one connection that was open in its time and ended, soon enough, because another one of its number began.
    /// </param>
    public static LedgerResult Judge(Claims claims, Evidence evidence, IEnumerable<CutOff> cutOffs) =>
        new LedgerCheck(claims, evidence, cutOffs).Judge();

    private LedgerResult Judge()
    {
        var lost = Lost();
        var doubled = Doubled();
        Repeats();
        Unasked();
        var outOfOrder = OutOfOrder();
        lost += Inbound(ref doubled);
        var connections = ConnectionCheck.Judge(_evidence.Connections, _cutOffs);
        _violations.AddRange(connections.Violations);
        Numbers();
        return new LedgerResult(
            _claims.Accepted.Count, _claims.Spoken.Count, lost, doubled,
            _evidence.Wire.Sum(message => message.Times - 1), outOfOrder,
            connections.Overlapping, connections.Replaced, connections.Lingered,
            _claims.Accepted.Count(message => _own[message.Text].Any(stored => EndedStates.Contains(stored.Status))), _violations);
    }

    // I1: on the wire, and stored under the id of the answer as sent.
    private int Lost()
    {
        var lost = 0;
        foreach (var message in _claims.Accepted)
        {
            var stored = _own[message.Text].FirstOrDefault(one => one.Id == message.Id);
            var isOnWire = _wire[message.Text].Any(one => one.Number == message.Number && one.Chat == message.Chat);
            if (stored is null)
            {
                Found("I1", $"'{message.Text}' was accepted as {message.Id}, which is not stored");
            }
            else if (EndedStates.Contains(stored.Status))
            {
                // Everybody written to exists and can be reached again, and all that is wrong passes.
                Found("I1", $"'{message.Text}' was accepted as {message.Id}, and gave up as '{stored.Status}' ({stored.Error})");
            }
            else if (!SentStates.Contains(stored.Status))
            {
                Found("I1", $"'{message.Text}' was accepted as {message.Id} and is '{stored.Status}' after everything has come to rest");
            }
            else if (!isOnWire)
            {
                Found("I1", $"'{message.Text}' ({message.Id}) is '{stored.Status}' and never reached the network");
            }

            lost += isOnWire || (stored is not null && EndedStates.Contains(stored.Status)) ? 0 : 1;
        }

        return lost;
    }

    // I2: one logical message, one id on the network, one row in the store.
    private int Doubled()
    {
        var doubled = 0;
        foreach (var same in _wire.Where(same => same.Select(one => one.WhatsAppId).Distinct().Count() > 1))
        {
            doubled++;
            Found("I2", $"'{same.Key}' is on the network under {string.Join(", ", same.Select(one => $"{one.WhatsAppId} ({one.Number})"))}");
        }

        foreach (var same in _own.Where(same => same.Count() > 1))
        {
            Found("I2", $"'{same.Key}' is stored as {string.Join(", ", same.Select(one => one.Id))}");
        }

        return doubled;
    }

    // I3: again only under the same id, with the same bytes, and not for ever.
    private void Repeats()
    {
        foreach (var message in _evidence.Wire.Where(message => message.Times > 1 + MostRepeats))
        {
            Found("I3", $"'{message.Text}' reached the network {message.Times} times");
        }

        foreach (var message in _evidence.Wire.Where(message => !message.IsSame))
        {
            Found("I3", $"'{message.Text}' was repeated with other bytes");
        }
    }

    // What nobody asked for, or in the wrong place.
    private void Unasked()
    {
        var accepted = _claims.Accepted.ToDictionary(message => message.Text);
        foreach (var message in _evidence.Wire)
        {
            if (accepted.TryGetValue(message.Text, out var asked) ? (asked.Number, asked.Chat) != (message.Number, message.Chat) : !_claims.Unanswered.Contains(message.Text))
            {
                Found("I1", $"'{message.Text}' reached {message.Chat} from {message.Number}, where nobody sent it");
            }
        }
    }

    // I4: what appears for the first time, by chat, against the order of acceptance.
    private int OutOfOrder()
    {
        var places = _claims.Accepted.ToDictionary(message => message.Text, message => message.Place);
        var outOfOrder = 0;
        foreach (var chat in _evidence.Wire.Where(message => places.ContainsKey(message.Text)).GroupBy(message => (message.Number, message.Chat)))
        {
            var inOrder = chat.OrderBy(message => message.Order).ToList();
            for (var i = 1; i < inOrder.Count; i++)
            {
                if (places[inOrder[i].Text] < places[inOrder[i - 1].Text])
                {
                    outOfOrder++;
                    Found("I4", $"'{inOrder[i - 1].Text}' came before '{inOrder[i].Text}' in the chat with {chat.Key.Chat} of {chat.Key.Number}, and was accepted after it");
                }
            }
        }

        return outOfOrder;
    }

    // I9: everything that was written to us is stored once, in its chat, and nothing else is.
    private int Inbound(ref int doubled)
    {
        var inbound = _evidence.Stored.Where(message => !message.FromMe).ToLookup(message => message.Text);
        var lost = 0;
        foreach (var message in _claims.Spoken)
        {
            var stored = inbound[message.Text].Where(one => one.Number == message.Number && one.Chat == message.Chat).ToList();
            if (stored.Count == 0)
            {
                lost++;
                Found("I9", $"'{message.Text}' of {message.Chat} to {message.Number} is not stored");
            }
        }

        foreach (var same in inbound.Where(same => same.Count() > 1))
        {
            doubled++;
            Found("I9", $"'{same.Key}' is stored {same.Count()} times");
        }

        var spoken = _claims.Spoken.Select(message => message.Text).ToHashSet();
        foreach (var same in inbound.Where(same => !spoken.Contains(same.Key) && !_claims.Unanswered.Contains(same.Key)))
        {
            Found("I9", $"'{same.Key}' is stored, and nobody wrote it");
        }

        return lost;
    }

    // I12 and I13: everything is back, without a person.
    private void Numbers()
    {
        foreach (var number in _evidence.Numbers)
        {
            if (number.Status != "ready")
            {
                Found("I12", $"{number.Number} is {number.Status}");
            }

            if (number.Queued > 0)
            {
                Found("I12", $"{number.Number} still has {number.Queued} messages to send");
            }

            if (number.Linked > 0)
            {
                Found("I13", $"{number.Number} was linked again");
            }
        }
    }

    private void Found(string invariant, string what) => _violations.Add(new(invariant, what));
}
