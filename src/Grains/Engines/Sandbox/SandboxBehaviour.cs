namespace Loopwave.Sandbox;

/// <summary>How a recipient of the simulated network takes what it is sent.</summary>
internal enum SandboxBehaviour
{
    /// <summary>Acknowledged, delivered, read and answered.</summary>
    Ordinary,
    DeliveredOnly,

    /// <summary>Read, but not answered.</summary>
    ReadOnly,

    /// <summary>Acknowledged and no more: the phone is off.</summary>
    SentOnly,
    NotOnWhatsApp,

    /// <summary>The servers refuse: writing to strangers is restricted (463).</summary>
    Restricted,

    /// <summary>The servers refuse for good (479).</summary>
    Refused,

    /// <summary>The message cannot even be built, as when a file is refused.</summary>
    Unbuildable,
    SlowAck,
    NeverAck,

    /// <summary>The answer to the first arrival is lost; a repeat is answered.</summary>
    AckLostOnce,

    /// <summary>The connection drops (428) when the message arrived, before its answer.</summary>
    DropBeforeAck,

    /// <summary>The connection drops (428) right after the answer.</summary>
    DropAfterAck,

    /// <summary>In a group this person made, the servers refuse (403).</summary>
    GroupFailure,

    /// <summary>The connection goes deaf when the message arrived: a lost ping tells after 30 seconds.</summary>
    GoneDeaf,

    /// <summary>Answers, and the answer is delivered twice under one id.</summary>
    AnswersTwice,

    /// <summary>Answers under a hidden address; whose it is comes later.</summary>
    AnswersHidden,

    /// <summary>No address, only another way to write <see cref="SandboxRecipients.OtherForm"/>, which the network gives when it is asked.</summary>
    OtherForm,

    /// <summary>Does what the text says, see <see cref="SandboxConsole"/>.</summary>
    Console,
}

/// <summary>The reserved recipients: fictional phones +1 202 555 0100 to 0199.</summary>
internal static class SandboxRecipients
{
    public const string Prefix = "120255501";
    public const string Console = Prefix + "99";

    /// <summary>Whose address it is that is asked for in another form.</summary>
    public const string OtherForm = Prefix + "18";

    /// <summary>The behaviour behind an address. A group behaves as its maker, whose phone its id begins with.</summary>
    public static SandboxBehaviour Of(string jid)
    {
        var phone = SandboxPeople.IsGroup(jid) ? jid.Split('-', '@')[0] : SandboxPeople.PhoneOf(jid);
        return phone is { Length: 11 } && phone.StartsWith(Prefix, StringComparison.Ordinal)
            ? Named(phone[Prefix.Length..])
            : SandboxBehaviour.Ordinary;
    }

    private static SandboxBehaviour Named(string last) => last switch
    {
        "01" => SandboxBehaviour.DeliveredOnly,
        "02" => SandboxBehaviour.ReadOnly,
        "03" => SandboxBehaviour.SentOnly,
        "04" => SandboxBehaviour.NotOnWhatsApp,
        "05" => SandboxBehaviour.Restricted,
        "06" => SandboxBehaviour.Refused,
        "07" => SandboxBehaviour.Unbuildable,
        "08" => SandboxBehaviour.SlowAck,
        "09" => SandboxBehaviour.NeverAck,
        "10" => SandboxBehaviour.AckLostOnce,
        "11" => SandboxBehaviour.DropBeforeAck,
        "12" => SandboxBehaviour.DropAfterAck,
        "13" => SandboxBehaviour.GroupFailure,
        "14" => SandboxBehaviour.GoneDeaf,
        "15" => SandboxBehaviour.AnswersTwice,
        "16" => SandboxBehaviour.AnswersHidden,
        "17" => SandboxBehaviour.OtherForm,
        "99" => SandboxBehaviour.Console,
        _ => SandboxBehaviour.Ordinary,
    };
}
