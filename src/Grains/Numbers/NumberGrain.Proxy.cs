using System.Net.Sockets;
using Loopwave.Engines;
using Loopwave.Outbound;

namespace Loopwave.Numbers;

/// <summary>The number's own way to the network.</summary>
internal sealed partial class NumberGrain
{
    // Neither a value nor a refusal: directly.
    private Outcome<NumberProxy> Proxy(ProxyUpdate update) =>
        update.Url is { } url ? NumberProxy.Read(url, State.Document.Engine, context.Outbound) : new Outcome<NumberProxy>();

    /// <summary>Looks the proxy up anew for each connection: a name may lead elsewhere by now, and there not be allowed to.</summary>
    private async Task<EngineProxy?> WayOut(CancellationToken cancellationToken)
    {
        if (State.Document.Proxy is not { } proxy)
        {
            return null;
        }

        try
        {
            return proxy.To(await context.Outbound.Find(proxy.Host, cancellationToken));
        }
        catch (OutboundRefusedException)
        {
            throw Unusable(DisconnectCause.ProxyNotAllowed);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            throw Unusable(DisconnectCause.ProxyUnreachable);
        }
    }

    private static EngineException Unusable(Cause cause) => new(EngineError.Unavailable, cause.Message, cause.Code);
}
