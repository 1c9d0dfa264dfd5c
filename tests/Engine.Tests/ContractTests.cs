using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loopwave.Engines;
using Xunit;

namespace Loopwave.WhatsApp;

/// <summary>The recorded messages of the protocol, which the host's tests read too: what we read of them we write the same.</summary>
public class ContractTests
{
    private static readonly Dictionary<string, (Type Parameters, Type? Result)> Methods = new()
    {
        ["hello"] = (typeof(Hello), typeof(HelloAnswer)),
        ["loadChanges"] = (typeof(ChangesPart), null),
        ["deliver"] = (typeof(HostDelivery), null),
        ["sentMessage"] = (typeof(SentMessageQuestion), typeof(PreparedMessage)),
        ["presence"] = (typeof(EnginePresence), null),
        ["log"] = (typeof(HostLogLine), null),
        ["loadCredentials"] = (typeof(LoadCredentialsCommand), null),
        ["open"] = (typeof(OpenCommand), null),
        ["close"] = (typeof(NumberCommand), null),
        ["closeAll"] = (typeof(Nothing), null),
        ["logOut"] = (typeof(NumberCommand), null),
        ["acknowledge"] = (typeof(AcknowledgeCommand), null),
        ["prepare"] = (typeof(PrepareCommand), typeof(PreparedMessage)),
        ["relay"] = (typeof(RelayCommand), null),
        ["resolve"] = (typeof(ResolveCommand), typeof(RecipientCheck)),
        ["fetchMedia"] = (typeof(FetchMediaCommand), null),
        ["requestHistory"] = (typeof(RequestHistoryCommand), null),
        ["markRead"] = (typeof(MarkReadCommand), null),
        ["setPresence"] = (typeof(SetPresenceCommand), null),
        ["heartbeat"] = (typeof(Nothing), null),
        ["offerAgain"] = (typeof(Nothing), null),
        ["status"] = (typeof(Nothing), typeof(HostStatus)),
        ["shutdown"] = (typeof(Nothing), null),
    };

    public static TheoryData<string> Recorded => [.. Directory.GetFiles(Folder(), "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order()];

    [Theory]
    [MemberData(nameof(Recorded))]
    public void What_is_recorded_is_read_and_written_the_same(string name)
    {
        var examples = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder(), name + ".json")))!.AsArray();
        Assert.NotEmpty(examples);
        foreach (var example in examples.Select(example => example!.AsObject()))
        {
            if (name.StartsWith("event.", StringComparison.Ordinal))
            {
                Same<EngineEvent>(example);
                Assert.IsNotType<EngineEvent.Unknown>(example.Deserialize<EngineEvent>(EngineJson.Options));
                continue;
            }

            var (parameters, result) = Methods[name];
            Same(example["params"]!, parameters);
            if (result is not null && example["result"] is { } answer)
            {
                Same(answer, result);
            }

            if (example["error"]?["data"] is { } data)
            {
                Same<FaultDetails>(data);
            }
        }
    }

    [Fact]
    public void Every_method_and_every_event_is_recorded()
    {
        var events = typeof(EngineEvent).GetNestedTypes().Where(type => type != typeof(EngineEvent.Unknown))
            .Select(type => "event." + JsonNamingPolicy.CamelCase.ConvertName(type.Name));

        Assert.Equal(Methods.Keys.Concat(events).Order(StringComparer.Ordinal), Recorded.Select(row => row.Data).Order(StringComparer.Ordinal));
    }

    private static void Same<T>(JsonNode json) => Same(json, typeof(T));

    private static void Same(JsonNode json, Type type)
    {
        var read = json.Deserialize(type, EngineJson.Options);
        Assert.NotNull(read);
        var written = JsonSerializer.SerializeToNode(read, type, EngineJson.Options);
        Assert.Equal(Present(json), Present(written));
    }

    /// <summary>In one order and without what is null or empty, which may as well be left out.</summary>
    private static string Present(JsonNode? json) => Sorted(json)?.ToJsonString() ?? "";

    private static JsonNode? Sorted(JsonNode? json) => json switch
    {
        JsonObject fields => new JsonObject(fields
            .Where(field => field.Value is not null and not JsonArray { Count: 0 })
            .OrderBy(field => field.Key, StringComparer.Ordinal)
            .Select(field => KeyValuePair.Create(field.Key, Sorted(field.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Sorted)]),
        _ => json?.DeepClone(),
    };

    private static string Folder([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "src", "Engine", "protocol");
}
