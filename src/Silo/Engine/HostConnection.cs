using System.Text.Json;
using Loopwave.Engines;
using StreamJsonRpc;
using StreamJsonRpc.Protocol;

namespace Loopwave.WhatsApp;

/// <summary>The silo's end of the connection to a host: calls with a deadline, and faults in the engine's words.</summary>
internal sealed class HostConnection : IDisposable
{
    private readonly JsonRpc _rpc;
    private readonly HostFrames _frames;

    public HostConnection(Stream stream, object target)
    {
        _frames = new HostFrames(stream, new SystemTextJsonFormatter { JsonSerializerOptions = EngineJson.Options });
        _rpc = new Rpc(_frames);
        _rpc.AddLocalRpcTarget(target, new JsonRpcTargetOptions { UseSingleObjectParameterDeserialization = true });
    }

    /// <summary>Completes, or fails, when the connection is over.</summary>
    public Task Completion => _rpc.Completion;

    /// <summary>Completes when something that the host asked was answered; what it is told from then on comes after that.</summary>
    public Task Answered => _frames.Answered;

    public void Listen() => _rpc.StartListening();

    public void Dispose() => _rpc.Dispose();

    public Task Call(string method, object parameters, CancellationToken cancellationToken) =>
        Call<object?>(method, parameters, cancellationToken);

    public async Task<T> Call<T>(string method, object parameters, CancellationToken cancellationToken)
    {
        try
        {
            // The library asks the other side to cancel and goes on waiting for its answer; a caller's deadline is a deadline.
            return await _rpc.InvokeWithParameterObjectAsync<T>(method, parameters, cancellationToken).WaitAsync(cancellationToken);
        }
        catch (RemoteRpcException exception)
        {
            throw Fault(exception);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception) when (exception is ObjectDisposedException or OperationCanceledException or IOException)
        {
            throw Gone();
        }
        catch (InvalidDataException exception)
        {
            throw new EngineException(EngineError.Rejected, exception.Message);
        }
    }

    public async Task Tell(string method, object parameters)
    {
        try
        {
            await _rpc.NotifyWithParameterObjectAsync(method, parameters);
        }
        catch (Exception exception) when (exception is RemoteRpcException or ObjectDisposedException or OperationCanceledException or IOException)
        {
            // The connection's end is noticed by whoever watches it.
        }
    }

    private static EngineException Gone() => new(EngineError.Unavailable, "The engine host ended.") { HostEnded = true };

    private static EngineException Fault(RemoteRpcException exception)
    {
        if (exception is ConnectionLostException)
        {
            return Gone();
        }

        var details = exception.ErrorCode is (JsonRpcErrorCode)EngineProtocol.EngineFault && exception.ErrorData is JsonElement data
            ? Details(data)
            : null;
        var error = details?.Error switch
        {
            "staleEpoch" => EngineError.StaleEpoch,
            "notConnected" => EngineError.NotConnected,
            "rejected" => EngineError.Rejected,
            "gone" => EngineError.Gone,
            "notSent" => EngineError.NotSent,
            _ => EngineError.Unavailable,
        };
        return new EngineException(error, exception.Message, details?.Code);
    }

    private static FaultDetails? Details(JsonElement data)
    {
        try
        {
            return data.Deserialize<FaultDetails>(EngineJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // The library has a meaning of its own for the code of our faults, and would read their data as its own.
    private sealed class Rpc(IJsonRpcMessageHandler handler) : JsonRpc(handler)
    {
        protected override Type? GetErrorDetailsDataType(JsonRpcError error) => typeof(JsonElement);
    }
}
