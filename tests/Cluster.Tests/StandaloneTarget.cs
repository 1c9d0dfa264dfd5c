using Loopwave.Chaos.Load;
using Loopwave.Processes;

namespace Loopwave.Cluster;

/// <summary>One process that has everything, disturbed again and again in one way.</summary>
internal sealed class StandaloneTarget(LoopwaveDeployment deployment, IDisturbance disturbance) : ILedgerTarget
{
    private readonly SemaphoreSlim _swap = new(1, 1);
    private LoopwaveProcess _process = null!;

    // One node: the process.
    public ApiNodes Nodes { get; } = new(TimeProvider.System);

    public string Next => disturbance.Name;

    public async Task Start()
    {
        _process = await deployment.Start();
        Nodes.Add(await _process.ApiClient());
    }

    public async Task CanBeAsked()
    {
        await _swap.WaitAsync();
        _swap.Release();
    }

    public async Task Disturb(IReadOnlyList<string> numbers, Action wereTold)
    {
        if (disturbance.LeavesUnanswered)
        {
            Nodes.Goes(0, answers: false);
        }

        await disturbance.Strike(deployment, _process);
        if (disturbance.StopsWrites)
        {
            wereTold();
        }

        if (disturbance.EndsProcess)
        {
            await StartAgain();
        }

        Nodes.IsBack(0);
    }

    public string Errors() => $"{Room()}\n{LogErrors.Of(Path.Combine(deployment.DataDirectory, "logs"))}";

    private async Task StartAgain()
    {
        await _swap.WaitAsync();
        try
        {
            if (!disturbance.LeavesUnanswered)
            {
                Nodes.Goes(0, answers: true);
            }

            await disturbance.Repair(deployment, _process);
            _process = await deployment.Start();
        }
        finally
        {
            _swap.Release();
        }
    }

    private string Room()
    {
        var disk = new DriveInfo(deployment.DataDirectory);
        var files = new DirectoryInfo(deployment.DataDirectory).EnumerateFiles().Select(file => $"{file.Name} {file.Length / 1024} kB");
        return $"{disk.AvailableFreeSpace / 1024} kB free; {string.Join(", ", files)}";
    }
}
