using System.Text.Json.Nodes;
using Loopwave.Testing.Storage;
using Xunit;

namespace Loopwave.Contract;

/// <summary>
/// What older builds wrote, kept as bytes in <c>Golden</c> under the commit of the build, is still understood. <c>docs/compatibility.md</c>
/// says how one is added.
/// </summary>
public sealed class GoldenTests
{
    public static TheoryData<string> Builds => [.. Directory.GetFiles(Repository.PathOf("Golden"), "*.messages.txt").Select(file => Path.GetFileName(file).Split('.')[0])];

    [Theory]
    [MemberData(nameof(Builds))]
    public void Messages_of_an_older_build_say_what_they_said(string build)
    {
        var lines = Lines(build, "messages");
        Assert.NotEmpty(lines);
        Assert.All(lines, line =>
        {
            var value = Wire.Now.Deserialize<object>(Convert.FromBase64String(line[1]));
            Assert.Null(Meaning.Missing(JsonNode.Parse(line[2]), Meaning.Of(value)));
        });
    }

    [Theory]
    [MemberData(nameof(Builds))]
    public void Documents_of_an_older_build_are_read_and_lose_nothing_with_the_next_write(string build)
    {
        var lines = Lines(build, "documents");
        Assert.NotEmpty(lines);
        Assert.All(lines, line =>
        {
            var type = Documents.All[line[0]];
            Assert.Null(Documents.Missing(line[1], Documents.Write(type, Documents.Read(type, line[1]))));
        });
    }

    [Fact]
    public void This_build_understands_itself_and_can_be_kept_for_later()
    {
        var samples = new Samples();
        var messages = Messages.All.Select(message =>
        {
            var value = samples.Of(message.Value);
            var (bytes, meaning) = (Wire.Now.SerializeToArray(value), Meaning.Of(value)!);
            Assert.Null(Meaning.Missing(meaning, Meaning.Of(Wire.Now.Deserialize<object>(bytes))));
            return $"{message.Key}\t{Convert.ToBase64String(bytes)}\t{meaning.ToJsonString()}";
        }).ToList();
        var documents = Documents.All.Select(document =>
        {
            var json = Documents.Write(document.Value, Filled.Of(document.Value));
            Assert.Null(Documents.Missing(json, Documents.Write(document.Value, Documents.Read(document.Value, json))));
            return $"{document.Key}\t{json}";
        }).ToList();

        if (Environment.GetEnvironmentVariable("GOLDEN") is { Length: > 0 } build)
        {
            File.WriteAllLines(Repository.PathOf("Golden", $"{build}.messages.txt"), messages.Order(StringComparer.Ordinal));
            File.WriteAllLines(Repository.PathOf("Golden", $"{build}.documents.txt"), documents.Order(StringComparer.Ordinal));
        }
    }

    private static List<string[]> Lines(string build, string what) =>
        [.. File.ReadLines(Repository.PathOf("Golden", $"{build}.{what}.txt")).Select(line => line.Split('\t'))];
}
