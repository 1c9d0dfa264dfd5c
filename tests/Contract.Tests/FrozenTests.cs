using System.Text.Json.Nodes;
using Loopwave.Testing.Storage;
using Xunit;

namespace Loopwave.Contract;

/// <summary>What this build writes is understood by an older one, of which the types are kept as they were in <c>Contract.V1</c>.</summary>
public sealed class FrozenTests
{
    [Fact]
    public void Messages_of_this_build_are_read_by_an_older_one_with_all_that_it_knows()
    {
        var samples = new Samples();
        var known = V1.Frozen.Messages.Where(type => !type.IsEnum && !type.IsGenericTypeDefinition && !type.IsAbstract).ToList();
        Assert.NotEmpty(known);
        Assert.All(known, then =>
        {
            var value = samples.Of(Messages.All[WireTypes.Name(then)]);
            var read = Wire.Then.Deserialize<object>(Wire.Now.SerializeToArray(value));
            Assert.IsType(then, read);
            Assert.Null(Meaning.Missing(Meaning.Of(read), Meaning.Of(value)));
            Assert.Null(Empty(Meaning.Of(read), then.Name));
        });
    }

    [Fact]
    public void Answers_of_this_build_are_read_by_an_older_one()
    {
        var value = new Samples().Of(typeof(Outcome<Cluster.SiloView>));
        var read = Assert.IsType<V1.Outcome<V1.SiloView>>(Wire.Then.Deserialize<object>(Wire.Now.SerializeToArray(value)));
        Assert.Null(Meaning.Missing(Meaning.Of(read), Meaning.Of(value)));
        Assert.Null(Empty(Meaning.Of(read), "answer"));
    }

    [Fact]
    public void Documents_of_this_build_are_read_by_an_older_one_with_all_that_it_knows()
    {
        Assert.NotEmpty(V1.Frozen.Documents);
        Assert.All(V1.Frozen.Documents, then =>
        {
            var type = Documents.All[then.Name[..^"Then".Length]];
            var json = Documents.Write(type, Filled.Of(type));
            var again = V1.Frozen.Write(V1.Frozen.Read(json, then));
            Assert.Null(Meaning.Missing(JsonNode.Parse(again), JsonNode.Parse(json)));
            Assert.Null(Empty(JsonNode.Parse(again), then.Name));
        });
    }

    // Of a sample nothing is empty: what the older build found empty was taken from it.
    private static string? Empty(JsonNode? node, string path) => node switch
    {
        null => $"{path} is empty",
        JsonObject members => members.Select(member => Empty(member.Value, $"{path}/{member.Key}")).FirstOrDefault(empty => empty is not null),
        JsonArray items => items.Select((item, i) => Empty(item, $"{path}/{i}")).FirstOrDefault(empty => empty is not null),
        _ => null,
    };
}
