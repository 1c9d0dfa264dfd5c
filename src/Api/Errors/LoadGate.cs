using Loopwave.Configuration;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Loopwave.Api.Errors;

/// <summary>
/// Takes no more requests at once than can be answered in time (<see cref="ApiOptions.MaxRequests"/>). Without it everybody waits when there
/// is too much to do, what was waited for too long is done for nobody, and those who ask again make it worse.
/// </summary>
internal sealed partial class LoadGate(RequestDelegate next, IOptions<ApiOptions> options, TimeProvider clock, ILogger<LoadGate> logger)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LogGap = TimeSpan.FromMinutes(1);

    private readonly Places _places = new(options.Value.MaxRequests, clock);
    private readonly Lock _logging = new();
    private long? _loggedAt;

    public async Task InvokeAsync(HttpContext context)
    {
        if (!Counts(context))
        {
            await next(context);
            return;
        }

        using var place = _places.Take();
        if (place is not null)
        {
            await next(context);
            return;
        }

        LogOncePerMinute();
        await new ErrorResult(
            StatusCodes.Status503ServiceUnavailable, "unavailable", "There is too much to do at the moment. Nothing was done; try again shortly.", RetryAfter)
            .ExecuteAsync(context);
    }

    // Who watches must see most when there is most to do. A file takes as long as its line, and little else.
    private static bool Counts(HttpContext context) =>
        context.Request.Path.StartsWithSegments("/api") && !context.Request.Path.StartsWithSegments("/api/health")
        && context.GetEndpoint()?.Metadata.GetMetadata<TransfersFile>() is null;

    private void LogOncePerMinute()
    {
        lock (_logging)
        {
            if (_loggedAt is { } last && clock.GetElapsedTime(last) < LogGap)
            {
                return;
            }

            _loggedAt = clock.GetTimestamp();
        }

        LogRefusing(logger, options.Value.MaxRequests);
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning,
        Message = "Requests are refused with 503: {Most} are under way already (said once a minute)")]
    private static partial void LogRefusing(ILogger logger, int most);
}

/// <summary>Metadata of an endpoint that reads or writes a file, and waits for its caller most of the time.</summary>
internal sealed record TransfersFile;
