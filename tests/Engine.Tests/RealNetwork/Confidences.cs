using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>
/// What people said to each other in a run, and the numbers that they have: gathered from all that a test tells the phones and the
/// product. Nothing of it may be written down.
/// </summary>
internal sealed partial class Confidences
{
    private static readonly HashSet<string> TextNames = ["text", "caption", "conversation", "displayName"];

    private readonly ConcurrentDictionary<string, bool> _texts = new();
    private readonly ConcurrentDictionary<string, bool> _phones = new();

    public IEnumerable<string> Texts => _texts.Keys;

    public IEnumerable<string> Phones => _phones.Keys;

    /// <summary>Gathers from a body in JSON.</summary>
    public void Gather(JsonNode? told) => Gather(told, name: "", isWithin: false);

    private void Gather(JsonNode? told, string name, bool isWithin)
    {
        switch (told)
        {
            case JsonObject values:
                foreach (var (property, value) in values)
                {
                    Gather(value, property, isWithin: name.Length > 0);
                }

                break;
            case JsonArray items:
                foreach (var item in items)
                {
                    Gather(item, name, isWithin);
                }

                break;
            case JsonValue value when value.TryGetValue<string>(out var words):
                Gather(words, name, isWithin);
                break;
        }
    }

    // The name of a place, of a contact or of a question is within its message; that of an account is not.
    private void Gather(string words, string name, bool isWithin)
    {
        if (Phone().Match(words) is { Success: true } phone)
        {
            _phones[phone.Groups[1].Value] = true;
        }
        else if (TextNames.Contains(name) || (isWithin && name == "name"))
        {
            _texts[Findable(words)] = true;
        }
    }

    // A log has many words of its own.
    private static string Findable(string text) => text.Length >= 8 && text.Contains(' ', StringComparison.Ordinal)
        ? text
        : throw new ArgumentException($"'{text}' could be in a log by chance. Let the test say two words, of eight characters at least.");

    [GeneratedRegex(@"^\+?(\d{8,15})(?:[@:]|$)")]
    private static partial Regex Phone();
}

/// <summary>Lets somebody know what a client tells the product.</summary>
internal sealed class Overhearing(Action<JsonNode?> told) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content?.Headers.ContentType?.MediaType == "application/json")
        {
            told(JsonNode.Parse(await request.Content.ReadAsStringAsync(cancellationToken)));
        }

        return await base.SendAsync(request, cancellationToken);
    }
}
