using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Channels;
using Loopwave.Engines;
using StreamJsonRpc;
using StreamJsonRpc.Protocol;

namespace Loopwave.WhatsApp;

/// <summary>
/// An engine host in the test's hands. It speaks the protocol over the real socket, framed by the library and not by our
/// own code, does nothing by itself, and answers what the test says.
/// </summary>
internal sealed class FakeHost : IHostProcess
{
    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, Channel<JsonElement>> _calls = new();
    private readonly ConcurrentDictionary<string, Func<JsonElement, object?>> _answers = new();
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Channel<string> _takenBack = Channel.CreateUnbounded<string>();
    private JsonRpc? _rpc;

    public FakeHost(int id)
    {
        Id = id;
        Incarnation = $"host-{id}";
    }

    public int Id { get; }

    public string Incarnation { get; }

    public HostSettings? Settings { get; private set; }

    public Task Exited => _exited.Task;

    /// <summary>Connects and says hello; a silo that refuses ends the process, as the real host does.</summary>
    public async Task Run(string socket, string token, int version)
    {
        await _socket.ConnectAsync(new UnixDomainSocketEndPoint(socket));
        var stream = new NetworkStream(_socket, ownsSocket: true);
        _rpc = new Rpc(new HeaderDelimitedMessageHandler(stream, stream, new SystemTextJsonFormatter { JsonSerializerOptions = EngineJson.Options }));
        foreach (var method in (string[])["loadCredentials", "open", "close", "closeAll", "logOut", "acknowledge", "prepare", "relay", "resolve", "fetchMedia",
            "requestHistory", "markRead", "setPresence", "heartbeat", "offerAgain", "status", "shutdown"])
        {
            Answer(method);
        }

        _rpc.StartListening();
        _ = End(_rpc.Completion);
        try
        {
            var answer = await _rpc.InvokeWithParameterObjectAsync<HelloAnswer>("hello", new Hello(token, version, Incarnation, Id, "fake 1"));
            Settings = answer.Settings;
        }
        catch (RemoteInvocationException)
        {
            Kill();
            throw;
        }
    }

    /// <summary>What a method answers from now on; may throw, or return a task.</summary>
    public void On(string method, Func<JsonElement, object?> answer) => _answers[method] = answer;

    /// <summary>The next call of a method that was not asked for yet.</summary>
    public Task<JsonElement> Next(string method) => Calls(method).Reader.ReadAsync().AsTask().WaitAsync(EngineWorld.Patience);

    /// <summary>The method of the next call that the silo asked to give up.</summary>
    public Task<string> NextTakenBack() => _takenBack.Reader.ReadAsync().AsTask().WaitAsync(EngineWorld.Patience);

    public bool Has(string method) => Calls(method).Reader.Count > 0;

    public Task Deliver(string number, long epoch, long sequence, params EngineEvent[] events) => Deliver(number, epoch, sequence, (object)events);

    public Task Deliver(string number, long epoch, long sequence, object events) => Ask<object?>(
        "deliver", new { number, first = new EngineCursor(Incarnation, epoch, sequence), events });

    public Task Load(string number, long epoch, long sequence, int part, IReadOnlyList<CredentialEntry> changes) => Ask<object?>(
        "loadChanges", new { number, first = new EngineCursor(Incarnation, epoch, sequence), part, changes });

    public Task DeliverLoaded(string number, long epoch, long sequence, int loaded, params EngineEvent[] events) => Ask<object?>(
        "deliver", new { number, first = new EngineCursor(Incarnation, epoch, sequence), events, loaded });

    public Task<T> Ask<T>(string method, object parameters) =>
        _rpc!.InvokeWithParameterObjectAsync<T>(method, parameters).WaitAsync(EngineWorld.Patience);

    public Task Tell(string method, object parameters) => _rpc!.NotifyWithParameterObjectAsync(method, parameters);

    /// <summary>Writes bytes that no library would write.</summary>
    public Task Write(byte[] bytes) => _socket.SendAsync(bytes);

    public void Kill()
    {
        _socket.Dispose();
        _exited.TrySetResult();
    }

    public void Dispose() => Kill();

    private void Answer(string method) => _rpc!.AddLocalRpcMethod(
        typeof(Recorder).GetMethod(nameof(Recorder.Take))!,
        new Recorder(this, method),
        new JsonRpcMethodAttribute(method) { UseSingleObjectParameterDeserialization = true });

    private Channel<JsonElement> Calls(string method) => _calls.GetOrAdd(method, _ => Channel.CreateUnbounded<JsonElement>());

    private async Task End(Task connection)
    {
        await connection.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Kill();
    }

    // The library has a meaning of its own for the code of our faults, and would read their data as its own.
    private sealed class Rpc(IJsonRpcMessageHandler handler) : JsonRpc(handler)
    {
        protected override Type? GetErrorDetailsDataType(JsonRpcError error) => typeof(JsonElement);
    }

    private sealed class Recorder(FakeHost host, string method)
    {
        public async Task<object?> Take(JsonElement parameters, CancellationToken cancellationToken)
        {
            await using var registration = cancellationToken.Register(() => host._takenBack.Writer.TryWrite(method));
            host.Calls(method).Writer.TryWrite(parameters);
            var answer = host._answers.TryGetValue(method, out var given) ? given(parameters) : null;
            if (answer is Task<object?> later)
            {
                answer = await later;
            }

            if (method == "shutdown")
            {
                _ = Task.Run(host.Kill);
            }

            return answer ?? (method == "status" ? new HostStatus(0, 0, 0, 0) : null);
        }
    }
}

/// <summary>JSON that is written as it is, whatever no library would write.</summary>
[JsonConverter(typeof(Converter))]
internal sealed record RawJson(string Text)
{
    private sealed class Converter : JsonConverter<RawJson>
    {
        public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value.Text, skipInputValidation: true);
    }
}
