using Microsoft.AspNetCore.Http;

namespace Loopwave.Api.Errors;

/// <summary>How each refusal is answered: the status and the documented code.</summary>
internal static class Refusals
{
    public static int Status(RefusalCode code) => code switch
    {
        RefusalCode.InvalidInput => StatusCodes.Status400BadRequest,
        RefusalCode.InvalidCursor => StatusCodes.Status400BadRequest,
        RefusalCode.UnknownNumber => StatusCodes.Status404NotFound,
        RefusalCode.NotFound => StatusCodes.Status404NotFound,
        RefusalCode.NoReadySession => StatusCodes.Status409Conflict,
        RefusalCode.QueueFull => StatusCodes.Status429TooManyRequests,
        RefusalCode.Conflict => StatusCodes.Status409Conflict,
        RefusalCode.AlreadyLinked => StatusCodes.Status409Conflict,
        RefusalCode.NotLinking => StatusCodes.Status409Conflict,
        RefusalCode.NumberRemoved => StatusCodes.Status409Conflict,
        RefusalCode.NumberNotAllowed => StatusCodes.Status403Forbidden,
        RefusalCode.IdempotencyConflict => StatusCodes.Status409Conflict,
        RefusalCode.IdempotencyMismatch => StatusCodes.Status422UnprocessableEntity,
        RefusalCode.MediaUnavailable => StatusCodes.Status409Conflict,
        RefusalCode.DiskFull => StatusCodes.Status507InsufficientStorage,
        RefusalCode.StorageUnavailable => StatusCodes.Status503ServiceUnavailable,
        RefusalCode.Unauthorized => StatusCodes.Status401Unauthorized,
        RefusalCode.Forbidden => StatusCodes.Status403Forbidden,
        RefusalCode.RateLimited => StatusCodes.Status429TooManyRequests,
        RefusalCode.PayloadTooLarge => StatusCodes.Status413PayloadTooLarge,
    };

    // No silo that could be asked reaches the number's own, as when one does not answer at all.
    public static string Code(Refusal refusal) => refusal.MayWorkElsewhere ? "unavailable" : Code(refusal.Code);

    public static string Code(RefusalCode code) => code switch
    {
        RefusalCode.InvalidInput => "invalid_input",
        RefusalCode.InvalidCursor => "invalid_cursor",
        RefusalCode.UnknownNumber => "unknown_number",
        RefusalCode.NotFound => "not_found",
        RefusalCode.NoReadySession => "no_ready_session",
        RefusalCode.QueueFull => "queue_full",
        RefusalCode.Conflict => "conflict",
        RefusalCode.AlreadyLinked => "already_linked",
        RefusalCode.NotLinking => "not_linking",
        RefusalCode.NumberRemoved => "number_removed",
        RefusalCode.NumberNotAllowed => "number_not_allowed",
        RefusalCode.IdempotencyConflict => "idempotency_conflict",
        RefusalCode.IdempotencyMismatch => "idempotency_mismatch",
        RefusalCode.MediaUnavailable => "media_unavailable",
        RefusalCode.DiskFull => "disk_full",
        RefusalCode.StorageUnavailable => "storage_unavailable",
        RefusalCode.Unauthorized => "unauthorized",
        RefusalCode.Forbidden => "forbidden",
        RefusalCode.RateLimited => "rate_limited",
        RefusalCode.PayloadTooLarge => "payload_too_large",
    };

    /// <summary>How long to wait where the refusal itself does not know better.</summary>
    public static TimeSpan? RetryAfter(RefusalCode code) => code switch
    {
        RefusalCode.StorageUnavailable => ErrorResponses.OutageRetry,
        RefusalCode.DiskFull or RefusalCode.QueueFull or RefusalCode.RateLimited => TimeSpan.FromSeconds(5),
        _ => null,
    };
}
