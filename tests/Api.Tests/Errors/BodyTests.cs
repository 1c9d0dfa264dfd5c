using System.Net;
using System.Text;
using System.Text.Json;
using Loopwave.Api.V1;
using Loopwave.Testing.Api;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace Loopwave.Api.Tests.Errors;

public sealed class BodyTests(SharedApiHost shared) : IClassFixture<SharedApiHost>
{
    [Theory]
    [InlineData("{\n  \"to\": \"91\",\n  \"text\" \"Hi\"\n}", "Malformed JSON (line 3, position 10).")]
    [InlineData("", "The request has no body, or one that can't be read. A JSON object is expected.")]
    [InlineData("null", "The request has no body, or one that can't be read. A JSON object is expected.")]
    [InlineData("""{"to":"91","text":"Hi","colour":"red"}""", "Unknown field 'colour' at $.colour (line 1, position 33).")]
    [InlineData("""{"to":"91","media":{"id":"f_1","size":3}}""", "Unknown field 'size' at $.media.size (line 1, position 39).")]
    [InlineData("""{"to":"91","to":"92","text":"Hi"}""", "The field 'to' appears twice at $.to (line 1, position 21).")]
    [InlineData("""{"text":"Hi"}""", "Missing: to (line 1, position 14).")]
    [InlineData("""{"to":null,"text":"Hi"}""", "null is not taken at $.to (line 1, position 11).")]
    [InlineData("""{"to":91,"text":"Hi"}""", "Expected text in quotes at $.to (line 1, position 9).")]
    [InlineData("""{"to":"91","whenOffline":"drop"}""", "Expected queue at $.whenOffline (line 1, position 32).")]
    [InlineData("""{"to":"91","whenOffline":"queue, queue"}""", "Expected queue at $.whenOffline (line 1, position 40).")]
    [InlineData("""{"to":"91","media":{"id":"f_1","type":"image,document"}}""", "Expected one of audio, document, image, sticker, video, voice at $.media.type (line 1, position 55).")]
    [InlineData("""{"to":"91","whenOffline":0}""", "Expected queue at $.whenOffline (line 1, position 27).")]
    [InlineData("""{"to":"91","sendAt":"tomorrow"}""", "Expected a time such as 2026-06-29T10:15:00.000Z at $.sendAt (line 1, position 31).")]
    [InlineData("""{"to":"91","location":{"latitude":"1","longitude":2}}""", "Expected a number at $.location.latitude (line 1, position 38).")]
    [InlineData("""{"to":"91","mentions":["a",null]}""", "null is not taken (line 1, position 34).")]
    [InlineData("[]", "Expected a JSON object (line 1, position 2).")]
    [InlineData("\"Hi\"", "Expected a JSON object (line 1, position 5).")]
    [InlineData("""{"to":"91","media":[]}""", "Expected an object at $.media (line 1, position 21).")]
    [InlineData("""{"to":"91","mentions":"a"}""", "Expected a list at $.mentions (line 1, position 26).")]
    [InlineData("""{"to":"91","mentions":[1]}""", "Expected text in quotes at $.mentions[0] (line 1, position 25).")]
    [InlineData("""{"to":"91","text":"\ud800"}""", "The text holds half of a surrogate pair at $.text (line 1, position 27).")]
    [InlineData("""{"to":"91","text":"\udc00 and more"}""", "The text holds half of a surrogate pair at $.text (line 1, position 36).")]
    [InlineData("""{"to":"91","sendAt":"\ud800"}""", "The text holds half of a surrogate pair at $.sendAt (line 1, position 29).")]
    [InlineData("""{"to":"91","\ud800":1}""", "The text holds half of a surrogate pair (line 1, position 21).")]
    [InlineData("""{"to":"91","text":"Hi" """, "Malformed JSON (line 1, position 24).")]
    [InlineData("""{"TO":"91","text":"Hi"}""", "Unknown field 'TO' at $.TO (line 1, position 7).")]
    public async Task A_body_that_cannot_be_read_is_refused_with_the_place(string body, string message)
    {
        var host = await shared.Get();

        host.Deployment.Asked.Clear();

        var response = await host.ClientWith().PostJson("/api/v1/messages", body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("invalid_input", await response.ErrorCode());
        Assert.Equal(message, (await response.Body()).GetProperty("message").GetString());
        Assert.Empty(host.Deployment.Asked);
    }

    [Fact]
    public async Task Text_that_is_no_valid_utf_8_is_refused_with_the_place()
    {
        var host = await shared.Get();
        var body = new ByteArrayContent([.. """{"to":"91","text":"a"""u8, 0xff, .. "\"}"u8]);
        body.Headers.ContentType = new("application/json");

        var response = await host.ClientWith().PostAsync("/api/v1/messages", body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("The text is not valid UTF-8 at $.text (line 1, position 23).", (await response.Body()).GetProperty("message").GetString());
    }

    [Fact]
    public async Task Every_list_of_words_in_a_body_takes_one_of_its_words_and_nothing_else()
    {
        var host = await shared.Get();
        var json = host.App.Services.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        var lists =
            from body in typeof(BodyRules).Assembly.GetTypes().Where(BodyRules.IsBody)
            from property in json.GetTypeInfo(body).Properties
            let list = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType
            where list.IsEnum
            select (body, property.Name, Word: JsonSerializer.SerializeToElement(Enum.GetValues(list).GetValue(0), list, json).GetString());

        Assert.NotEmpty(lists);
        Assert.All(lists, list => Assert.All([$"\"{list.Word}, {list.Word}\"", $"\"{list.Word!.ToUpperInvariant()}\"", "\"0\"", "0", "[]"], value =>
        {
            var mistake = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize($$"""{"{{list.Name}}":{{value}}}""", list.body, json));
            Assert.Equal("$." + list.Name, mistake.Path);
            Assert.StartsWith("Expected ", mistake.Message);
        }));
    }

    [Fact]
    public async Task A_body_nested_too_deeply_is_refused()
    {
        var host = await shared.Get();

        var response = await host.ClientWith().PostJson("/api/v1/messages", """{"to":"91","media":""" + new string('[', 100) + new string(']', 100) + "}");

        Assert.Equal("invalid_input", await response.ErrorCode());
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task Another_content_type_is_refused(string? type)
    {
        var host = await shared.Get();
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes("""{"to":"91","text":"Hi"}"""));
        if (type is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        var response = await host.ClientWith().PostAsync("/api/v1/messages", content);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Equal("unsupported_media_type", await response.ErrorCode());
    }

    [Fact]
    public async Task A_body_over_one_MiB_is_refused_and_one_below_is_read()
    {
        var host = await shared.Get();
        var client = host.ClientWith();

        var over = await client.PostJson("/api/v1/messages", $$"""{"to":"91","text":"{{new string('x', 1024 * 1024)}}"}""");
        var below = await client.PostJson("/api/v1/messages", $$"""{"to":"91","text":"{{new string('x', 1000 * 1024)}}"}""");

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, over.StatusCode);
        Assert.Equal("payload_too_large", await over.ErrorCode());
        Assert.Equal(HttpStatusCode.Accepted, below.StatusCode);
    }

    [Theory]
    [InlineData("limit=0", "'limit' must be a whole number from 1 to 200.")]
    [InlineData("limit=201", "'limit' must be a whole number from 1 to 200.")]
    [InlineData("limit=-1", "'limit' must be a whole number from 1 to 200.")]
    [InlineData("limit=ten", "'limit' must be a whole number from 1 to 200.")]
    [InlineData("limit=1&limit=2", "'limit' is given more than once.")]
    [InlineData("status=Open", "'status' must be one of open, resolved.")]
    [InlineData("stauts=open", "Unknown query parameter 'stauts': taken here are status, unread, number, q, limit, cursor, updatedAfter.")]
    [InlineData("limit=5&since", "Unknown query parameter 'since': taken here are status, unread, number, q, limit, cursor, updatedAfter.")]
    [InlineData("unread=yes", "'unread' must be true or false.")]
    [InlineData("updatedAfter=yesterday", "'updatedAfter' must be a time such as 2026-06-29T10:15:00.000Z.")]
    public async Task A_query_that_cannot_be_read_says_which_part(string query, string message)
    {
        var host = await shared.Get();

        var response = await host.ClientWith().GetAsync("/api/v1/chats?" + query);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(message, (await response.Body()).GetProperty("message").GetString());
    }

    [Theory]
    [InlineData("GET", "/api/v1/health?limit=5", "Unknown query parameter 'limit': none is taken here.")]
    [InlineData("GET", "/api/v1/messages/m_1?fields=text", "Unknown query parameter 'fields': none is taken here.")]
    [InlineData("POST", "/api/v1/chats/c_1/read?nmber=n1", "Unknown query parameter 'nmber': taken here are number.")]
    [InlineData("POST", "/api/v1/media?filename=a.png&name=a", "Unknown query parameter 'name': taken here are fileName.")]
    public async Task A_query_parameter_that_a_route_does_not_know_is_refused(string method, string address, string message)
    {
        var host = await shared.Get();
        host.Deployment.Asked.Clear();

        var response = await host.ClientWith().SendAsync(new HttpRequestMessage(new HttpMethod(method), address));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("invalid_input", await response.ErrorCode());
        Assert.Equal(message, (await response.Body()).GetProperty("message").GetString());
        Assert.Empty(host.Deployment.Asked);
    }
}
