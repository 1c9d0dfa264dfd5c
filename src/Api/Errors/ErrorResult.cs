using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Loopwave.Api.Errors;

/// <summary>The body of every error.</summary>
/// <param name="Error">The machine-readable code.</param>
/// <param name="Message">One sentence for a person.</param>
internal sealed record ErrorBody(string Error, string Message);

/// <summary>An error as an answer: a status, a code and a sentence.</summary>
internal sealed class ErrorResult(int status, string code, string message, TimeSpan? retryAfter = null)
    : IResult, IStatusCodeHttpResult, IValueHttpResult<ErrorBody>
{
    public ErrorResult(Refusal refusal)
        : this(Refusals.Status(refusal.Code), Refusals.Code(refusal), refusal.Message,
            refusal.RetryAfter ?? Refusals.RetryAfter(refusal.Code))
    {
    }

    public int? StatusCode => status;

    public ErrorBody Value { get; } = new(code, message);

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        if (retryAfter is { } wait)
        {
            // Rounded up: whoever waits this long must not come too early.
            var seconds = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds));
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        return response.WriteAsJsonAsync(Value, httpContext.RequestAborted);
    }
}
