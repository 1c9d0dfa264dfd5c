using System.Text.Json;
using CsCheck;
using Loopwave.Numbers;
using Xunit;

namespace Loopwave.Grains.Tests;

public sealed class PublicJsonTests
{
    private static readonly DateTimeOffset At = new(2026, 6, 29, 10, 15, 0, 7, TimeSpan.Zero);

    [Fact]
    public void Objects_are_written_in_camel_case_with_every_field_and_times_in_milliseconds() =>
        Assert.Equal(
            """{"status":"logged_out","detail":null,"reason":{"code":"link_expired","message":"Nobody scanned “it”."},"at":"2026-06-29T10:15:00.007Z"}""",
            Write(new NumberTransition(NumberStatus.LoggedOut, null, new("link_expired", "Nobody scanned “it”."), At)));

    [Theory]
    [InlineData("2026-06-29T10:15:00Z", "2026-06-29T10:15:00.000Z")]
    [InlineData("2026-06-29T10:15:00.007Z", "2026-06-29T10:15:00.007Z")]
    [InlineData("2026-06-29T10:15:00.0079999Z", "2026-06-29T10:15:00.007Z")]
    [InlineData("2026-06-29T15:45:00.007+05:30", "2026-06-29T10:15:00.007Z")]
    [InlineData("2026-06-28T22:15:00-12:00", "2026-06-29T10:15:00.000Z")]
    [InlineData("2026-06-29T10:15Z", "2026-06-29T10:15:00.000Z")]
    public void Any_iso_time_with_an_offset_is_read_and_written_in_utc(string text, string written) =>
        Assert.Equal($"\"{written}\"", Write(Read<DateTimeOffset>($"\"{text}\"")));

    [Theory]
    [InlineData("\"2026-06-29T10:15:00\"")]
    [InlineData("\"2026-06-29T10:15:00.007\"")]
    [InlineData("\"2026-06-29\"")]
    [InlineData("\"2026-06-29 10:15:00Z\"")]
    [InlineData("\"29.06.2026 10:15\"")]
    [InlineData("\"2026-02-30T10:15:00Z\"")]
    [InlineData("\"\"")]
    [InlineData("\"now\"")]
    [InlineData("1782728100")]
    [InlineData("null")]
    [InlineData("true")]
    public void A_time_without_an_offset_or_in_another_form_is_refused(string json) =>
        Assert.Throws<JsonException>(() => Read<DateTimeOffset>(json));

    [Fact]
    public void Every_time_survives_being_written_and_read_to_the_millisecond() =>
        Gen.Long[0, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()].Sample(
            ms =>
            {
                var time = DateTimeOffset.FromUnixTimeMilliseconds(ms);
                var text = Write(time);
                Assert.Equal(26, text.Length);
                Assert.Equal(time, Read<DateTimeOffset>(text));
            },
            iter: 10_000);

    [Theory]
    [InlineData("""{"code":"a","message":"b","more":1}""")]
    [InlineData("""{"code":"a","code":"b","message":"c"}""")]
    [InlineData("""{"code":"a","message":1}""")]
    [InlineData("""{"Code":"a","Message":"b"}""")]
    [InlineData("""{"code":"a","message":"b"} {}""")]
    [InlineData("""{"code":"a","message":"b",}""")]
    [InlineData("""{"code":"a"/* why */,"message":"b"}""")]
    public void Unknown_doubled_misspelt_or_malformed_fields_are_refused(string json) =>
        Assert.Throws<JsonException>(() => Read<Cause>(json));

    public static TheoryData<Type> Lists { get; } = [.. typeof(PublicJson).Assembly.GetExportedTypes().Where(type => type.IsEnum)];

    [Theory]
    [MemberData(nameof(Lists))]
    public void Only_the_documented_words_of_a_list_are_read(Type list)
    {
        var words = Enum.GetValues(list).Cast<object>().ToDictionary(value => value, value => JsonSerializer.Serialize(value, list, PublicJson.Options).Trim('"'));
        Assert.All(words, word => Assert.Equal(word.Key, Read($"\"{word.Value}\"")));
        Assert.All(words.Values, word => Assert.Matches("^[a-z]+(_[a-z]+)*$", word));
        Assert.Equal(words.Count, words.Values.Distinct().Count());

        var first = words.Values.First();
        string[] others =
        [
            $"\"{first}, {first}\"", $"\"{first},{words.Values.Last()}\"", $"\"{first.ToUpperInvariant()}\"", $"\" {first}\"", $"\"{first} \"",
            "\"asleep\"", "\"\"", "\"0\"", "\"1\"", "\"-1\"", "0", "1", "1.5", "null", "true", "[]", "{}",
        ];
        Assert.All(others, json => Assert.Throws<JsonException>(() => Read(json)));

        object? Read(string json) => JsonSerializer.Deserialize(json, list, PublicJson.Options);
    }

    [Fact]
    public void Objects_inside_each_other_end_at_32()
    {
        Assert.Equal(JsonValueKind.Array, Read<JsonElement>(new string('[', 32) + new string(']', 32)).ValueKind);
        Assert.Throws<JsonException>(() => Read<JsonElement>(new string('[', 33) + new string(']', 33)));
        Assert.Throws<JsonException>(() => Read<JsonElement>(new string('[', 100_000)));
    }

    private static string Write<T>(T value) => JsonSerializer.Serialize(value, PublicJson.Options);

    private static T? Read<T>(string json) => JsonSerializer.Deserialize<T>(json, PublicJson.Options);
}
