using System.Net.Sockets;
using Loopwave.Configuration;
using Loopwave.Storage;
using Microsoft.AspNetCore.Connections;

namespace Loopwave.Starting;

/// <summary>Tells an operator's mistake, which a sentence explains, from a fault of ours, which needs its stack trace.</summary>
public static class StartRefusal
{
    /// <summary>What the operator has to mend; null when <paramref name="fault"/> is nothing an operator can mend.</summary>
    public static IReadOnlyList<string>? Of(Exception fault) => fault switch
    {
        PartFailedException => null,
        ConfigurationMistakesException configuration => configuration.Mistakes,
        ProcessRefusedException refused => refused.Problems,
        StorageStartException storage => [storage.Message],
        PortTakenException taken => [taken.Message],
        AddressInUseException => ["The port (PORT, 4000 unless set) was taken by another program meanwhile. Stop that one, or choose another port."],
        SocketException { SocketErrorCode: SocketError.AccessDenied } => ["This user may not listen on that port. Choose one above 1023 with PORT."],
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } => ["BIND_ADDRESS is no address of this machine."],
        AggregateException several => several.InnerExceptions.Select(Of).FirstOrDefault(sentences => sentences is not null),
        { InnerException: { } inner } => Of(inner),
        _ => null,
    };
}
