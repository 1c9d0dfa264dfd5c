using Loopwave.Chaos.Watching;

namespace Loopwave.Chaos.Ledger;

/// <summary>How the connections of all numbers came out.</summary>
/// <param name="Replaced">Those that were still open for their network when the next ones began.</param>
/// <param name="Lingered">For how long those of them were that silos could have ended which had lost them; null when there were none.</param>
internal sealed record ConnectionResult(int Overlapping, int Replaced, Spread? Lingered, IReadOnlyList<Violation> Violations);

/// <summary>I10: a number has one connection at a time, each under a higher epoch than the one before.</summary>
internal sealed class ConnectionCheck
{
    private readonly List<Violation> _violations = [];
    private readonly List<TimeSpan> _lingered = [];
    private int _overlapping;
    private int _replaced;

    private ConnectionCheck()
    {
    }

    /// <param name="cutOffs">
    /// Each excuses one connection that was open in its time and ended, soon enough, because another one of its number began.
    /// </param>
    public static ConnectionResult Judge(IEnumerable<NumberConnection> connections, IEnumerable<CutOff> cutOffs)
    {
        var (check, ofNumber) = (new ConnectionCheck(), cutOffs.ToLookup(one => one.Number));
        foreach (var number in connections.GroupBy(connection => connection.Number))
        {
            List<NumberConnection> inOrder = [.. number.OrderBy(connection => connection.Began)];
            check.OneAtATime(inOrder);
            check.EndedByTheirSilos(inOrder, [.. ofNumber[number.Key].OrderBy(cutOff => cutOff.To)]);
        }

        return new(check._overlapping, check._replaced, Spread.Of(check._lingered), check._violations);
    }

    private void OneAtATime(List<NumberConnection> inOrder)
    {
        for (var i = 1; i < inOrder.Count; i++)
        {
            var (before, after) = (inOrder[i - 1], inOrder[i]);
            if (before.Ended is not { } ended || ended > after.Began)
            {
                _overlapping++;
                Found($"{before.Number} had two connections at once: one from {before.Began} to {before.Ended?.ToString() ?? "now"}, the next from {after.Began}");
            }

            if (after.Epoch < before.Epoch)
            {
                Found($"{before.Number} was connected under epoch {after.Epoch} after {before.Epoch}");
            }
        }
    }

    private void EndedByTheirSilos(List<NumberConnection> inOrder, List<CutOff> excuses)
    {
        foreach (var connection in inOrder.Where(connection => connection.IsReplaced))
        {
            _replaced++;
            if (!IsExcused(connection, excuses))
            {
                _overlapping++;
                Found($"a connection of {connection.Number}, open from {connection.From:HH:mm:ss.fff}, still was when the next one began at {connection.To:HH:mm:ss.fff}, and nothing kept its silo from ending it");
            }
        }
    }

    private bool IsExcused(NumberConnection connection, List<CutOff> excuses)
    {
        if (excuses.Find(cutOff => cutOff.Excuses(connection)) is not { } excuse)
        {
            return false;
        }

        excuses.Remove(excuse);
        if (excuse.LostAt is { } lost)
        {
            _lingered.Add(connection.To!.Value - lost);
        }

        return true;
    }

    private void Found(string what) => _violations.Add(new("I10", what));
}
