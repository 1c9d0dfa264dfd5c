using Loopwave.Deployment;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Loopwave.Api.Errors;

/// <summary>
/// Makes every error of <c>/api</c> the one documented shape, whoever found it: the router, a binder, a grain, or a
/// fault nobody planned.
/// </summary>
internal sealed partial class ErrorResponses(RequestDelegate next, TimeProvider clock, ILogger<ErrorResponses> logger)
{
    /// <summary>After an outage: another silo may answer at once, and may have storage that the one that was asked does not reach.</summary>
    internal static readonly TimeSpan OutageRetry = TimeSpan.FromSeconds(2);

    private readonly OncePerMinute _logged = new(clock);

    public async Task InvokeAsync(HttpContext context)
    {
        if (!context.Request.Path.StartsWithSegments("/api"))
        {
            await next(context);
            return;
        }

        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            await next(context);
            if (IsBareError(context.Response))
            {
                await StatusErrors.For(context.Response.StatusCode).ExecuteAsync(context);
            }
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone; there is nobody to answer.
            context.Abort();
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            await Answer(context, e).ExecuteAsync(context);
        }
    }

    /// <summary>A silo or storage is away; trying again may help.</summary>
    public static bool IsOutage(Exception exception) => Outage(exception) is not null;

    private static bool IsBareError(HttpResponse response) =>
        response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null };

    private ErrorResult Answer(HttpContext context, Exception exception)
    {
        switch (exception)
        {
            case RequestRefusedException refused:
                return new ErrorResult(refused.Refusal);
            case BadHttpRequestException mistake:
                return BodyMistakes.Describe(mistake);
        }

        if (Outage(exception) is { } outage)
        {
            // An outage fails every request: one line a minute says it as well as a thousand.
            if (_logged.IsTime())
            {
                LogOutage(logger, exception);
            }

            return outage;
        }

        // The reference is all that a caller learns; the route, not the path, goes to the log: paths hold phone numbers.
        var reference = NewId.Key();
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "none";
        LogFault(logger, reference, context.Request.Method, route, exception);
        return new ErrorResult(StatusCodes.Status500InternalServerError, "internal_error",
            $"Something went wrong on our side. Reference: {reference}.");
    }

    private static ErrorResult? Outage(Exception exception) => exception switch
    {
        StorageUnavailableException => Unavailable("storage_unavailable", "Storage is unavailable at the moment. Try again shortly.", OutageRetry),
        { InnerException: StorageUnavailableException inner } => Outage(inner),

        // Whether the work was done is not known here: only a repeat under the same Idempotency-Key is safe.
        TimeoutException or OperationCanceledException or OrleansException => Unavailable("unavailable",
            "The service didn't answer in time. Try again shortly; repeat a POST with the same Idempotency-Key.", OutageRetry),
        _ => null,
    };

    private static ErrorResult Unavailable(string code, string message, TimeSpan retry) =>
        new(StatusCodes.Status503ServiceUnavailable, code, message, retry);

    [LoggerMessage(EventId = 1, Level = LogLevel.Error,
        Message = "Request failed, reference {Reference}: {Method} {Route}")]
    private static partial void LogFault(ILogger logger, string reference, string method, string route, Exception exception);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error,
        Message = "Requests are answered with 503, storage or the cluster is unavailable (said once a minute)")]
    private static partial void LogOutage(ILogger logger, Exception exception);
}
