using Loopwave.Processes;

namespace Loopwave.Cluster;

/// <summary>One process that has everything, disturbed again and again in one way.</summary>
internal sealed class StandaloneTarget(LoopwaveDeployment deployment, IDisturbance disturbance) : ILedgerTarget
{
    private readonly SemaphoreSlim _swap = new(1, 1);
    private LoopwaveProcess _process = null!;
    private HttpClient _client = null!;

    public string Next => disturbance.Name;

    public int CutOff => 0;

    public async Task Start()
    {
        _process = await deployment.Start();
        _client = await _process.ApiClient();
    }

    public async Task<HttpClient> Client()
    {
        await _swap.WaitAsync();
        _swap.Release();
        return _client;
    }

    public async Task Disturb(Action wereTold)
    {
        await disturbance.Strike(deployment, _process);
        if (disturbance.StopsWrites)
        {
            wereTold();
        }

        if (!disturbance.EndsProcess)
        {
            return;
        }

        await _swap.WaitAsync();
        try
        {
            await disturbance.Repair(deployment, _process);
            _process = await deployment.Start();
        }
        finally
        {
            _swap.Release();
        }
    }

    public string Errors() => $"{Room()}\n{LogErrors.Of(Path.Combine(deployment.DataDirectory, "logs"))}";

    private string Room()
    {
        var disk = new DriveInfo(deployment.DataDirectory);
        var files = new DirectoryInfo(deployment.DataDirectory).EnumerateFiles().Select(file => $"{file.Name} {file.Length / 1024} kB");
        return $"{disk.AvailableFreeSpace / 1024} kB free; {string.Join(", ", files)}";
    }
}
