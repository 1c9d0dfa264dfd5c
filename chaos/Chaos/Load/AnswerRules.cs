using System.Net;

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
    public static Verdict Judge(HttpStatusCode status, string? error, bool saysWhen) => status switch
    {
        >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices => Verdict.Done,
        HttpStatusCode.ServiceUnavailable when saysWhen => Verdict.AskAgain,
        HttpStatusCode.TooManyRequests when saysWhen => Verdict.AskAgain,
        HttpStatusCode.Conflict when error == "idempotency_conflict" => Verdict.AskAgain,
        _ => Verdict.Wrong,
    };
}
