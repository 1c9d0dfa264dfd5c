using Loopwave.Processes;

namespace Loopwave.Cluster;

/// <summary>Two silos and two API nodes, disturbed in turn in several ways. Callers use one API node after the other.</summary>
internal sealed class ClusterTarget(ClusterDeployment deployment, params IReadOnlyList<IClusterDisturbance> disturbances) : ILedgerTarget, IClusterProcesses
{
    private readonly Dictionary<int, LoopwaveProcess> _silos = [];
    private readonly Dictionary<int, LoopwaveProcess> _apis = [];
    private readonly List<HttpClient> _clients = [];
    private string _key = "";
    private int _struck;
    private int _called;

    public string Next => disturbances[_struck % disturbances.Count].Name;

    public ClusterDeployment Deployment => deployment;

    public LoopwaveProcess Silo(int number) => _silos[number];

    public async Task Start()
    {
        await Task.WhenAll(StartSilo(1), StartSilo(2));
        await Task.WhenAll(StartApi(1), StartApi(2));
        _key = await _apis[1].NewKey();
        _clients.AddRange(_apis.Values.Select(api => api.WithKey(_key)));
    }

    // Both are always asked: which one answers must not matter.
    public Task<HttpClient> Client() => Task.FromResult(_clients[(int)((uint)Interlocked.Increment(ref _called) % _clients.Count)]);

    public int CutOff { get; private set; }

    public Task Disturb(Action wereTold)
    {
        var disturbance = disturbances[_struck++ % disturbances.Count];
        CutOff += disturbance is KillSilo or FreezeSilo or KillPostgres ? 1 : 0;
        return disturbance.Strike(this);
    }

    public string Errors() => LogErrors.Of(deployment.LogFolders);

    public async Task StartSilo(int number) => _silos[number] = await deployment.StartSilo(number);

    public async Task StartApi(int number) => _apis[number] = await deployment.StartApi(number);

    public LoopwaveProcess Api(int number) => _apis[number];
}
