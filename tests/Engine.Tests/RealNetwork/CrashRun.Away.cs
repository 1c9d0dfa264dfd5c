namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>
/// What is sent again. Where only the answer of the network is lost in a kill, the receiver's receipt settles a message before it is
/// repeated: so some are for people whose phones are off until everything else is done, and the network answers after the kill.
/// </summary>
internal sealed partial class CrashRun
{
    private const int UnansweredAtOnce = 3;

    private int _turn;

    /// <summary>Some numbers, in turn, write to somebody who is away.</summary>
    /// <param name="areConnected">Whether it has to be on the wire, without an answer, when this is done; else it goes when it can.</param>
    private Task WriteUnanswered(bool areConnected) => Task.WhenAll(
        Enumerable.Range(0, Math.Min(UnansweredAtOnce, _lines.Count)).Select(_ => WriteUnanswered(_lines[_turn++ % _lines.Count], areConnected)));

    private async Task WriteUnanswered(CrashLine line, bool isConnected)
    {
        var person = await deployment.Person();
        await Know(person);
        await deployment.WhatsApp.OnPhone(person, "power", new { on = false });
        await deployment.WhatsApp.Fault(new { kind = "ack-held", phone = line.Phone, about = person });
        var chat = new CrashChat(person, [person]);
        line.Away.Add(chat);
        await Send(line, chat, new CrashNote($"away {plan.Seed} {line.Number} {line.Away.Count}", "text", null));
        if (isConnected)
        {
            await Until(async () => (await Sent()).Any(one => PhoneOf(Deployment.Text(one!["to"])) == person), $"what is written to {person} to be on the wire");
        }
    }

    /// <summary>What is held is answered, on connections that no kill has ended. What goes only now can be held until the next one.</summary>
    private Task AnswerLate() => deployment.WhatsApp.Fault(new { kind = "release" });

    private Task ComeBack() => Task.WhenAll(
        _lines.SelectMany(line => line.Away).Select(chat => deployment.WhatsApp.OnPhone(chat.Name, "power", new { on = true })));

    /// <summary>How many messages the people who were away have twice.</summary>
    private async Task<int> CameTwice()
    {
        var heard = await Task.WhenAll(_lines.SelectMany(line => line.Away.Select(chat => Heard(line, chat, chat.Name))));
        return heard.Count(one => one.Count > 1);
    }
}
