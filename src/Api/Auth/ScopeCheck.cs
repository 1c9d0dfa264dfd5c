using Loopwave.Api.Errors;
using Loopwave.ApiKeys;
using Microsoft.AspNetCore.Http;

namespace Loopwave.Api.Auth;

/// <summary>Whether a key may use a route: it needs any one of the route's scopes.</summary>
internal static class ScopeCheck
{
    /// <summary>Null when it may.</summary>
    public static ErrorResult? Refuse(IReadOnlyList<string> has, IReadOnlyList<string> anyOf) =>
        anyOf.Count == 0 || has.Contains(ApiScopes.Everything) || anyOf.Any(has.Contains)
            ? null
            : new ErrorResult(
                StatusCodes.Status403Forbidden, "insufficient_scope", $"This key lacks the scope {string.Join(" or ", anyOf)}.");
}
