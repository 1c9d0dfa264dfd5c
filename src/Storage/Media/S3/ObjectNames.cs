using System.Text.RegularExpressions;

namespace Loopwave.Storage.Media.S3;

/// <summary>
/// How objects are named: content is <c>HASH/id</c>, each time it is written under another id, and <c>HASH/id.leaving.id</c> beside it
/// hides it while somebody asks whether it may go. No name is ever written twice with another meaning, so that a request which arrives
/// late, whatever it is, cannot touch what was written since.
/// </summary>
internal static partial class ObjectNames
{
    public static string Of(string hash) =>
        MediaHash.IsOne(hash) ? hash + "/" : throw new ArgumentException("This is no hash of a file.", nameof(hash));

    public static string NewOf(string hash) => Of(hash) + NewId.Media();

    public static string NewMarkOf(string content) => $"{content}.leaving.{NewId.Media()}";

    /// <summary>The content that these objects are, with what marks it. What is not ours is left out.</summary>
    public static IReadOnlyList<StoredContent> Read(IEnumerable<StoredObject> objects)
    {
        var found = new SortedDictionary<string, (StoredObject? Content, List<StoredObject> Marks)>(StringComparer.Ordinal);
        foreach (var one in objects)
        {
            if (Form().Match(one.Name) is { Success: true } match)
            {
                var name = match.Groups["content"].Value;
                var (content, marks) = found.GetValueOrDefault(name, (null, []));
                if (match.Groups["mark"].Success)
                {
                    marks.Add(one);
                    found[name] = (content, marks);
                }
                else
                {
                    found[name] = (one, marks);
                }
            }
        }

        return [.. found.Select(one => new StoredContent(one.Key, one.Value.Content, one.Value.Marks))];
    }

    [GeneratedRegex(@"^(?<content>[0-9a-f]{64}/[A-Za-z0-9_-]{1,64})(?<mark>\.leaving\.[A-Za-z0-9_-]{1,64})?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}

/// <param name="Content">Null for marks whose content is gone.</param>
internal sealed record StoredContent(string Name, StoredObject? Content, IReadOnlyList<StoredObject> Marks)
{
    public string Hash => Name[..Name.IndexOf('/', StringComparison.Ordinal)];

    public bool IsHere => Content is not null && Marks.Count == 0;

    /// <summary>Somebody hid it and did not come back to it: what decides over it takes seconds.</summary>
    public bool IsStuck(DateTimeOffset before) => Content is not null && Marks.Count > 0 && Marks.All(mark => mark.ModifiedAt < before);

    public bool IsOlderThan(DateTimeOffset time) => Marks.Append(Content).All(one => one is null || one.ModifiedAt < time);
}
