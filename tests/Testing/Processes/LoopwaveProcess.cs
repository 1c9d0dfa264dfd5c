using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace Loopwave.Processes;

/// <summary>One real process of the product: its output, its signals and a client for its API.</summary>
/// <remarks>Belongs to its <see cref="LoopwaveDeployment"/>, which ends it.</remarks>
public sealed class LoopwaveProcess
{
    private const string ReadyLine = "Loopwave is ready";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Watchdog _watchdog;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isEnded;

    internal LoopwaveProcess(ProcessStartInfo start, Uri address)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _watchdog = new Watchdog(_process.Id);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Http = TestHttp.Client(address);
    }

    /// <summary>
    /// How a program of ours is started: from its own build, of the same configuration as this one, or from the folder of published
    /// programs that LOOPWAVE_TEST_PUBLISHED names.
    /// </summary>
    /// <param name="folder">To start it in: nobody's settings file lies in an empty one.</param>
    /// <param name="networkNamespace">The name of a network namespace to start it in, in place of ours.</param>
    internal static ProcessStartInfo Program(string name, string folder, string? networkNamespace = null)
    {
        var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var built = Environment.GetEnvironmentVariable("LOOPWAVE_TEST_PUBLISHED") is { Length: > 0 } published
            ? Path.Combine(published, name)
            : Path.Combine(AppContext.BaseDirectory, "..", "..", name, configuration);
        var program = Path.Combine(built, $"Loopwave.{name}.dll");

        // nsenter becomes the program: it is one process, with one id.
        return new ProcessStartInfo(
            networkNamespace is null ? "dotnet" : "nsenter",
            networkNamespace is null ? [program] : [$"--net=/run/netns/{networkNamespace}", "dotnet", program])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
    }

    public int Id => _process.Id;

    /// <summary>Talks to the process; keeps its cookies.</summary>
    public HttpClient Http { get; }

    /// <summary>Everything that was written to standard output and standard error so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Waits for the screen that says so; fails when the process ends before, or takes a minute.</summary>
    public async Task Ready()
    {
        await Task.WhenAny(_ready.Task, _process.WaitForExitAsync()).WaitAsync(Patience);
        if (!_ready.Task.IsCompleted)
        {
            throw new InvalidOperationException($"The process ended with code {_process.ExitCode} before it was ready:\n{Output}");
        }
    }

    /// <summary>Waits for the end and returns the exit code.</summary>
    public Task<int> Exit() => Exit(Patience);

    /// <summary>SIGKILL: the process ends wherever it is.</summary>
    public async Task Kill()
    {
        Signal.Send(Id, Signal.Kill);
        await Exit();
    }

    /// <summary>The processes that it started and that run now.</summary>
    public IReadOnlyList<int> Children() =>
    [
        .. Directory.GetDirectories($"/proc/{Id}/task").SelectMany(ChildrenOf).Select(id => int.Parse(id, CultureInfo.InvariantCulture)),
    ];

    /// <summary>SIGKILL for a process that one of ours started.</summary>
    public static void KillOther(int process) => Signal.Send(process, Signal.Kill);

    /// <summary>SIGKILL for the process and for those that it started, as when a machine loses its power.</summary>
    public async Task KillAll()
    {
        var started = Children();
        Signal.Send(Id, Signal.Kill);
        foreach (var process in started)
        {
            Signal.TrySend(process, Signal.Kill);
        }

        await Exit();
    }

    /// <summary>SIGTERM: the process ends in its own good time; its exit code.</summary>
    public Task<int> Stop() => Stop(Patience);

    /// <summary>SIGTERM for a process that may have much to hand over; its exit code.</summary>
    public Task<int> Stop(TimeSpan patience)
    {
        Signal.Send(Id, Signal.Terminate);
        return Exit(patience);
    }

    /// <summary>SIGSTOP: the process stands still without knowing.</summary>
    public void Pause() => Signal.Send(Id, Signal.Stop);

    /// <summary>Whether every thread stands still after <see cref="Pause"/>: one in a system call does only when that is over.</summary>
    public bool StandsStill
    {
        get
        {
            try
            {
                return Directory.GetDirectories($"/proc/{Id}/task")
                    .All(thread => File.ReadAllText(Path.Combine(thread, "stat")) is var stat && stat[stat.LastIndexOf(')') + 2] == 'T');
            }
            catch (IOException)
            {
                // A thread ended meanwhile.
                return false;
            }
        }
    }

    /// <summary>SIGCONT: the process goes on after <see cref="Pause"/>.</summary>
    public void Continue() => Signal.Send(Id, Signal.Continue);

    /// <summary>SIGSTOP for the process and for those that it started, as on a machine that is suspended.</summary>
    public void PauseAll() => SendAll(Signal.Stop);

    /// <summary>SIGCONT after <see cref="PauseAll"/>.</summary>
    public void ContinueAll() => SendAll(Signal.Continue);

    /// <summary>Signs in as the admin; from then on <see cref="Http"/> carries the cookie and the header of the dashboard.</summary>
    public async Task SignIn()
    {
        Http.DefaultRequestHeaders.Remove("X-Loopwave");
        Http.DefaultRequestHeaders.Add("X-Loopwave", "1");
        var answer = await Http.PostAsJsonAsync(
            "/api/app/session", new { email = LoopwaveDeployment.AdminEmail, password = LoopwaveDeployment.AdminPassword });
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>A client that carries a fresh API key with these scopes (all of them when none is named).</summary>
    public async Task<HttpClient> ApiClient(params string[] scopes) => WithKey(await NewKey(scopes));

    /// <summary>A fresh API key with these scopes (all of them when none is named).</summary>
    public async Task<string> NewKey(params string[] scopes)
    {
        await SignIn();
        var answer = await Http.PostAsJsonAsync("/api/app/api-keys", new { name = "test", scopes = scopes is [] ? ["*"] : scopes });
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonObject>())!["key"]!.GetValue<string>();
    }

    /// <summary>A client that carries this key.</summary>
    /// <param name="outer">What its requests go through first.</param>
    public HttpClient WithKey(string key, DelegatingHandler? outer = null)
    {
        var client = TestHttp.Client(Http.BaseAddress!, outer);
        client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return client;
    }

    /// <summary>Whether it ended by itself within this time.</summary>
    public async Task<bool> EndsWithin(TimeSpan time)
    {
        await Task.WhenAny(_process.WaitForExitAsync(), Task.Delay(time, TimeProvider.System));
        return _process.HasExited;
    }

    // A thread that ended meanwhile started nothing that would be its.
    private static string[] ChildrenOf(string thread)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException)
        {
            return [];
        }
    }

    private void SendAll(int signal)
    {
        foreach (var process in Children().Prepend(Id))
        {
            Signal.Send(process, signal);
        }
    }

    internal async Task End()
    {
        if (_isEnded)
        {
            return;
        }

        _isEnded = true;
        if (!_process.HasExited)
        {
            await Kill();
        }

        _watchdog.Dispose();
        _process.Dispose();
        Http.Dispose();
    }

    private async Task<int> Exit(TimeSpan patience)
    {
        await _process.WaitForExitAsync().WaitAsync(patience);
        return _process.ExitCode;
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.AppendLine(line);
        }

        if (line.Contains(ReadyLine, StringComparison.Ordinal))
        {
            _ready.TrySetResult();
        }
    }
}
