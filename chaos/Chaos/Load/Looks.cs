namespace Loopwave.Chaos.Load;

/// <summary>Looks at numbers, their chats and what was said there, as somebody with a dashboard does.</summary>
internal sealed class Looks(ApiCaller api, Answers answers, Conversations conversations, TimeProvider clock)
{
    public async Task<bool> Look(DateTimeOffset due)
    {
        var id = conversations.Any().Line.Id;
        var number = await api.Get($"/api/v1/numbers/{id}", id);
        Expect(id, number["id"]?.GetValue<string>());
        var chats = await api.Get($"/api/v1/chats?number={id}", id);
        foreach (var chat in chats["data"]!.AsArray())
        {
            Expect(id, chat!["number"]?.GetValue<string>());
        }

        if (chats["data"]!.AsArray() is [{ } first, ..])
        {
            await api.Get($"/api/v1/chats/{first["id"]!.GetValue<string>()}/messages", id);
        }

        answers.WasDone(due, clock.GetUtcNow() - due);
        return true;
    }

    private void Expect(string number, string? shown)
    {
        if (shown != number)
        {
            answers.WasWrong($"who looked at {number} was shown {shown}");
        }
    }
}
