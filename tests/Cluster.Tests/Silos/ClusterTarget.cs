using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Loopwave.Chaos.Load;
using Loopwave.Processes;

namespace Loopwave.Cluster;

/// <summary>Two silos and two API nodes, disturbed in turn in several ways. Callers use one API node after the other.</summary>
internal sealed class ClusterTarget(ClusterDeployment deployment, params IReadOnlyList<IClusterDisturbance> disturbances) : ILedgerTarget, IClusterProcesses
{
    private const int Silos = 2;
    private const int Apis = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<int, LoopwaveProcess> _silos = [];
    private readonly Dictionary<int, LoopwaveProcess> _apis = [];
    private readonly Dictionary<string, int> _cutOff = [];
    private int _struck;

    public string Next => disturbances[_struck % disturbances.Count].Name;

    // Both are always asked: which one answers must not matter.
    public ApiNodes Nodes { get; } = new(TimeProvider.System);

    public ClusterDeployment Deployment => deployment;

    public LoopwaveProcess Silo(int number) => _silos[number];

    public async Task Start()
    {
        await Task.WhenAll(Enumerable.Range(1, Silos).Select(StartSilo));
        await Task.WhenAll(Enumerable.Range(1, Apis).Select(StartApi));
        var key = await _apis[1].NewKey();
        for (var api = 1; api <= Apis; api++)
        {
            Nodes.Add(_apis[api], key);
        }
    }

    public int CutOff(string number) => _cutOff.GetValueOrDefault(number);

    public async Task Disturb(IReadOnlyList<string> numbers, Action wereTold)
    {
        var disturbance = disturbances[_struck++ % disturbances.Count];
        var cutOff = Enumerable.Range(1, Silos).Where(disturbance.CutsOff).ToList();
        foreach (var number in cutOff is [] ? [] : cutOff.Count == Silos ? numbers : await NumbersOf(cutOff.Single(), numbers))
        {
            _cutOff[number] = CutOff(number) + 1;
        }

        await disturbance.Strike(this);
    }

    public string Errors() => LogErrors.Of(deployment.LogFolders);

    public async Task StartSilo(int number) => _silos[number] = await deployment.StartSilo(number);

    public async Task KillAndStartApi(int number)
    {
        Nodes.Goes(number - 1, answers: false);
        await _apis[number].Kill();
        await StartApi(number);
        Nodes.IsBack(number - 1);
    }

    private async Task StartApi(int number) => _apis[number] = await deployment.StartApi(number);

    /// <summary>The numbers that a silo has, once each is somewhere: with so few numbers none of them moves without need.</summary>
    private async Task<IReadOnlyList<string>> NumbersOf(int silo, IReadOnlyList<string> numbers)
    {
        var api = _apis[1];
        await api.SignIn();
        for (var began = TimeProvider.System.GetTimestamp(); ; await RealTime.Pass(LookEvery))
        {
            var homes = new List<(string Number, string? Silo)>();
            foreach (var number in numbers)
            {
                homes.Add((number, (await api.Http.GetFromJsonAsync<JsonObject>($"/api/app/cluster/numbers/{number}"))!["silo"]?.GetValue<string>()));
            }

            if (homes.TrueForAll(home => home.Silo is not null))
            {
                return [.. homes.Where(home => home.Silo!.StartsWith($"{deployment.AddressOf(silo)}@", StringComparison.Ordinal)).Select(home => home.Number)];
            }

            if (TimeProvider.System.GetElapsedTime(began) > Patience)
            {
                throw new TimeoutException($"Not every number was at some silo within {Patience.TotalSeconds} s.");
            }
        }
    }
}
