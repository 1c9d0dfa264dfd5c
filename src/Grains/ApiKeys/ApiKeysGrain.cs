using Loopwave.Deployment;
using Orleans.Concurrency;

namespace Loopwave.ApiKeys;

/// <summary>Makes and lists API keys. Holds nothing, so any number of copies may run.</summary>
[StatelessWorker, Reentrant]
internal sealed class ApiKeysGrain(IApiKeyStore store, TimeProvider clock) : Grain, IApiKeysGrain
{
    private const int LongestName = 80;

    public async Task<Outcome<CreatedApiKey>> Create(NewApiKey key)
    {
        var name = key.Name.Trim();
        if (name.Length is 0 or > LongestName || name.Any(char.IsControl))
        {
            return new Refusal(RefusalCode.InvalidInput, $"A key needs a name of 1 to {LongestName} characters.");
        }

        if (key.Scopes is { Count: 0 })
        {
            return new Refusal(RefusalCode.InvalidInput, "An empty list of scopes allows nothing. Leave it out for all scopes.");
        }

        if (key.Scopes?.FirstOrDefault(scope => !ApiScopes.All.Contains(scope)) is { } unknown)
        {
            return new Refusal(RefusalCode.InvalidInput, $"There is no scope '{Shortened(unknown)}'.");
        }

        var (made, text) = ApiKeyText.New(key.Test);
        var document = new ApiKeyDocument
        {
            Id = made.Id,
            Name = name,
            Test = key.Test,
            SecretHash = made.SecretHash,
            LastFour = text[^4..],
            Scopes = key.Scopes?.Distinct().ToArray() ?? [ApiScopes.Everything],
            Numbers = key.Numbers,
            Enabled = true,
            Creator = key.Creator,
            CreatedAt = clock.GetUtcNow(),
        };

        try
        {
            await store.Put(document);
        }
        catch (StorageUnavailableException)
        {
            return new Refusal(RefusalCode.StorageUnavailable, "Keys can't be stored at the moment.");
        }

        return new CreatedApiKey(document.ToView(), text);
    }

    public async Task<IReadOnlyList<ApiKeyView>> List() =>
        [.. (await store.List()).OrderBy(key => key.CreatedAt).ThenBy(key => key.Id, StringComparer.Ordinal).Select(key => key.ToView())];

    private static string Shortened(string text) => text.Length <= 40 ? text : text[..40] + "…";
}

internal static class ApiKeyViews
{
    public static ApiKeyView ToView(this ApiKeyDocument key) => new()
    {
        Id = key.Id,
        Name = key.Name,
        Hint = ApiKeyText.Hint(key.Id, key.Test, key.LastFour),
        Scopes = key.Scopes,
        Numbers = key.Numbers,
        Enabled = key.Enabled,
        CreatedAt = key.CreatedAt,
        LastUsedAt = key.LastUsedAt,
    };
}
