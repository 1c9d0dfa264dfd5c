using System.Net;
using System.Net.Sockets;

namespace Loopwave.Chaos.Load;

/// <summary>What a caller makes of an answer.</summary>
internal enum Verdict
{
    Done,

    /// <summary>Asked again under the same key, after the time that the answer names.</summary>
    AskAgain,

    /// <summary>Nothing that the documentation prepares a caller for.</summary>
    Wrong,
}

/// <summary>The answers that callers are told to expect, whatever happens to a cluster.</summary>
internal static class AnswerRules
{
    /// <param name="saysWhen">It names a time after which to ask again.</param>
    /// <param name="mayBeUnderWay">
    /// The same request was begun before, and nobody knows whether it is over: only then can it be in its own way. No load here fills a
    /// queue or uses up the requests of its key, so that 429 is never right.
    /// </param>
    public static Verdict Judge(HttpStatusCode status, string? error, bool saysWhen, bool mayBeUnderWay) => status switch
    {
        >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices => Verdict.Done,
        HttpStatusCode.ServiceUnavailable when saysWhen => Verdict.AskAgain,
        HttpStatusCode.Conflict when error == "idempotency_conflict" && mayBeUnderWay => Verdict.AskAgain,
        _ => Verdict.Wrong,
    };

    /// <summary>Whether a request ended in this way because nobody answered.</summary>
    /// <param name="hungUp">Whoever asked did not want the answer any more.</param>
    public static bool IsNoAnswer(Exception exception, bool hungUp) =>
        exception is HttpRequestException or IOException or SocketException || (exception is TaskCanceledException && !hungUp);

    /// <summary>
    /// Whether nobody even took the request. A connection whose other end was gone before the client had a look at it is as good as
    /// refused: nothing was asked over it.
    /// </summary>
    public static bool IsRefused(Exception exception) =>
        exception is SocketException { SocketErrorCode: SocketError.NotConnected }
            || exception.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused };
}
