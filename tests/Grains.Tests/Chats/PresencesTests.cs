using Xunit;

namespace Loopwave.Chats;

public sealed class PresencesTests
{
    private const string Anna = "4915112345678@s.whatsapp.net";
    private const string Group = "4915112345678-1600000000@g.us";

    private static readonly DateTimeOffset Now = new(2026, 6, 29, 10, 0, 0, TimeSpan.Zero);

    private readonly Presences _presences = new();
    private readonly PresenceRate _rate = new();

    [Fact]
    public void Somebody_counts_as_writing_for_25_seconds_after_they_were_heard_of_last()
    {
        _presences.See(Anna, null, PresenceState.Composing, Now);
        _presences.See(Anna, null, PresenceState.Recording, At(10));

        Assert.Equal(new Presence(Anna, Anna, PresenceState.Recording, At(10)), Assert.Single(_presences.At(At(34.9))));
        Assert.Empty(_presences.At(At(35)));
    }

    [Fact]
    public void Whoever_stops_does_so_at_once()
    {
        _presences.See(Anna, null, PresenceState.Composing, Now);
        _presences.See(Anna, null, PresenceState.Paused, At(1));

        Assert.Empty(_presences.At(At(1)));
    }

    [Fact]
    public void In_a_group_each_is_known_and_the_last_heard_of_comes_first()
    {
        _presences.See(Group, "1@lid", PresenceState.Composing, Now);
        _presences.See(Group, "2@lid", PresenceState.Recording, At(1));

        Assert.Equal(["2@lid", "1@lid"], _presences.At(At(2)).Select(presence => presence.Who));
        _presences.Forget(Group, null, "3@s.whatsapp.net", "2@lid");
        Assert.Equal(["1@lid"], _presences.At(At(2)).Select(presence => presence.Who));
    }

    [Theory]
    [InlineData(Anna, "7@lid")]
    [InlineData("7@lid", Anna)]
    public void A_message_says_that_its_author_is_done_in_whichever_form_their_address_is_known(string jid, string other)
    {
        _presences.See(Anna, null, PresenceState.Composing, Now);

        _presences.Forget(jid, other, null, null);

        Assert.Empty(_presences.At(Now));
    }

    [Fact]
    public void A_clock_that_is_set_back_makes_nobody_write_for_ever()
    {
        _presences.See(Anna, null, PresenceState.Composing, Now);

        Assert.Empty(_presences.At(At(-3600)));
    }

    [Fact]
    public void A_flood_of_strangers_takes_a_bounded_room_and_leaves_room_again()
    {
        for (var n = 0; n < 5000; n++)
        {
            _presences.See($"{n}@lid", null, PresenceState.Composing, Now);
        }

        Assert.Equal(1000, _presences.At(Now).Count);
        _presences.See(Anna, null, PresenceState.Composing, At(25));
        Assert.Equal([Anna], _presences.At(At(25)).Select(presence => presence.Jid));
    }

    [Fact]
    public void A_chat_has_5_words_in_10_seconds()
    {
        for (var n = 0; n < 5; n++)
        {
            Assert.Null(_rate.Take("c_1", At(n)));
        }

        Assert.Equal(TimeSpan.FromSeconds(5), _rate.Take("c_1", At(5)));
        Assert.Null(_rate.Take("c_2", At(5)));
        Assert.Null(_rate.Take("c_1", At(10)));
        Assert.Equal(TimeSpan.FromSeconds(1), _rate.Take("c_1", At(10)));
    }

    [Fact]
    public void A_number_has_30_words_in_10_seconds()
    {
        for (var n = 0; n < 30; n++)
        {
            Assert.Null(_rate.Take($"c_{n}", Now));
        }

        Assert.Equal(TimeSpan.FromSeconds(9), _rate.Take("c_30", At(1)));
        Assert.Null(_rate.Take("c_30", At(10)));
    }

    [Fact]
    public void A_clock_that_is_set_back_keeps_nobody_from_writing()
    {
        for (var n = 0; n < 5; n++)
        {
            _rate.Take("c_1", Now);
        }

        Assert.Null(_rate.Take("c_1", At(-3600)));
    }

    private static DateTimeOffset At(double seconds) => Now + TimeSpan.FromSeconds(seconds);
}
