using Loopwave.Processes;

namespace Loopwave.Chaos.Load;

/// <summary>
/// The API nodes in turn, as a load balancer without stickiness asks them. Knows when which of them was away, for only then may
/// a request end without an answer.
/// </summary>
internal sealed class ApiNodes(TimeProvider clock)
{
    private readonly List<Node> _nodes = [];
    private int _next;

    public void Add(LoopwaveProcess process, string key) => Add(process.WithKey(key));

    public void Add(HttpClient client) => _nodes.Add(new Node(client));

    /// <summary>The index of the one whose turn it is.</summary>
    public int Next() => (int)((uint)Interlocked.Increment(ref _next) % _nodes.Count);

    public HttpClient Client(int index) => _nodes[index].Client;

    /// <summary>The node is about to go.</summary>
    /// <param name="answers">It answers everything that it has taken first.</param>
    public void Goes(int index, bool answers) => (_nodes[index].AwayFrom, _nodes[index].Answers) = (clock.GetTimestamp(), answers);

    /// <summary>The node answers again.</summary>
    public void IsBack(int index) => _nodes[index].AwayUntil = clock.GetTimestamp();

    /// <summary>Whether a request that was sent to a node then may have no answer.</summary>
    /// <param name="isRefused">It was not even taken.</param>
    public bool MayNotAnswer(int index, long since, bool isRefused) =>
        _nodes[index] is { AwayFrom: not 0 } node && (isRefused || !node.Answers) && (node.AwayFrom > node.AwayUntil || node.AwayUntil >= since);

    private sealed class Node(HttpClient client)
    {
        public HttpClient Client { get; } = client;

        public long AwayFrom { get; set; }

        public long AwayUntil { get; set; }

        public bool Answers { get; set; }
    }
}
