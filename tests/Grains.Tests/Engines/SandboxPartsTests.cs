using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Loopwave.Engines;
using Loopwave.Messages;
using Loopwave.Sandbox;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loopwave.Grains.Tests.Engines;

/// <summary>The parts that decide alone.</summary>
public sealed class SandboxPartsTests
{
    private static readonly SandboxDice Dice = new("test");

    [Fact]
    public void Every_phone_has_one_hidden_address_and_is_found_by_it()
    {
        Gen.Long[1, 999_999_999_999_999].Sample(phone =>
        {
            var lid = SandboxPeople.Lid($"{phone}");
            Assert.Equal($"{phone}", SandboxPeople.PhoneOf(lid));
            Assert.DoesNotContain($"{phone + 10_000_000}", lid, StringComparison.Ordinal);
            Assert.Equal($"{phone}@s.whatsapp.net", SandboxPeople.Chat(lid));
        }, iter: 10_000);
        Assert.Null(SandboxPeople.PhoneOf("123-456@g.us"));
        Assert.Null(SandboxPeople.PhoneOf("12345@lid"));
    }

    [Fact]
    public void A_numbers_customers_are_all_different_and_fictional()
    {
        var phones = Enumerable.Range(0, SandboxPeople.Customers).Select(i => SandboxPeople.Customer(Dice, "n1", i)).ToList();

        Assert.Equal(SandboxPeople.Customers, phones.Distinct().Count());
        Assert.All(phones, phone =>
        {
            Assert.Matches("^1[3-8][0-9]{2}55501[0-9]{2}$", phone);
            Assert.NotEqual("11", phone[2..4]);
        });
    }

    [Fact]
    public void A_hundred_thousand_numbers_hardly_ever_share_a_phone()
    {
        var phones = Enumerable.Range(0, 100_000).Select(i => SandboxPeople.OwnPhone(Dice, $"n{i}", 0)).ToHashSet();

        Assert.InRange(phones.Count, 99_998, 100_000);
    }

    [Fact]
    public void A_pause_that_another_one_took_the_place_of_ends_nothing_and_each_ends_once()
    {
        var stream = new SandboxStream("n1", "host", 7);
        var (first, second) = (stream.Pause(), stream.Pause());

        Assert.False(stream.Resume(first));
        Assert.True(stream.Pauses);
        Assert.Equal(second, stream.CurrentPause);
        Assert.True(stream.Resume(second));
        Assert.False(stream.Pauses);
        Assert.False(stream.Resume(second));
    }

    [Fact]
    public void A_hurried_pause_is_no_longer_than_the_one_before_it_and_two_seconds_at_most()
    {
        var stream = new SandboxStream("n1", "host", 7);

        Assert.Equal(stream.Refused(), stream.Soon(1));
        for (var refusal = 0; refusal < 12; refusal++)
        {
            stream.Refused();
        }

        Assert.Equal(TimeSpan.FromSeconds(2), stream.Soon(1));
    }

    /// <summary>Adds, takes, refuses and acknowledges in any order: what comes out is what went in, in order, without gap.</summary>
    [Fact]
    public void A_stream_delivers_everything_once_in_order_within_its_window()
    {
        Gen.Int[0, 4].Array[0, 400].Sample(steps =>
        {
            var stream = new SandboxStream("n1", "host", 7);
            var (added, delivered, acknowledged, last) = (0L, new List<string>(), new List<long>(), 0L);
            foreach (var step in steps)
            {
                switch (step)
                {
                    case 0 or 1:
                        for (var i = 0; i < 10; i++)
                        {
                            stream.Add(new EngineEvent.Named("", $"{++added}"), added);
                        }

                        break;
                    case 2 when stream.Next() is { } batch:
                        Assert.Equal(last + 1, batch.First.Sequence);
                        Assert.InRange(batch.Events.Count, 1, SandboxStream.BatchSize);
                        delivered.AddRange(batch.Events.Select(evt => ((EngineEvent.Named)evt).Name));
                        last = batch.Last.Sequence;
                        stream.Taken(batch);
                        break;
                    case 3 when stream.Next() is { } refused:
                        stream.Refused();
                        Assert.Same(refused, stream.Next());
                        break;
                    case 4:
                        acknowledged.AddRange(stream.Acknowledge(new("host", 7, last)));
                        break;
                    default:
                        break;
                }

                Assert.InRange(delivered.Count - acknowledged.Count, 0, SandboxStream.Window);
                Assert.Equal(added - acknowledged.Count, stream.Held()?.Count ?? 0);
            }

            Assert.Equal(Enumerable.Range(1, delivered.Count).Select(i => $"{i}"), delivered);
            Assert.Equal(Enumerable.Range(1, acknowledged.Count).Select(i => (long)i), acknowledged);
        }, iter: 2_000);
    }

    [Fact]
    public void The_agenda_runs_what_is_due_in_order_and_survives_what_fails()
    {
        var clock = new FakeTimeProvider();
        using var agenda = new SandboxAgenda(clock, NullLogger<SandboxAgenda>.Instance);
        var ran = new List<string>();
        agenda.In(TimeSpan.FromSeconds(2), () => ran.Add("two"));
        agenda.In(TimeSpan.FromSeconds(1), () => ran.Add("one"));
        agenda.In(TimeSpan.FromSeconds(1), () => throw new InvalidOperationException());
        agenda.In(TimeSpan.FromSeconds(1), () => agenda.In(TimeSpan.FromSeconds(0.5), () => ran.Add("one and a half")));

        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["one"], ran);
        clock.Advance(TimeSpan.FromSeconds(0.5));
        clock.Advance(TimeSpan.FromSeconds(0.5));

        Assert.Equal(["one", "one and a half", "two"], ran);
        Assert.Equal(0, agenda.Count);
    }

    [Theory]
    [InlineData(-3600, 10)]
    [InlineData(0, 10)]
    [InlineData(4, 6)]
    [InlineData(3600, 0)]
    public void A_clock_that_jumped_makes_mail_wait_no_longer_than_it_was_meant_to(int jumped, int left)
    {
        var at = new DateTimeOffset(2026, 6, 29, 0, 0, 0, TimeSpan.Zero);
        var mail = new SandboxLetter(1, at, TimeSpan.FromSeconds(10), new EngineEvent.PingLost()).ToMail("n1");

        Assert.Equal(TimeSpan.FromSeconds(left), SandboxLetter.From(mail, at.AddSeconds(jumped)).Delay);
    }

    [Fact]
    public void Every_kind_of_event_can_be_written_and_read()
    {
        var file = SandboxFiles.Remote(MessageType.Document, "key");
        var message = new InboundMessage
        {
            WhatsAppId = "A", Jid = "1@lid", FromMe = false, Timestamp = DateTimeOffset.UnixEpoch, Type = MessageType.Document,
            File = file, Contacts = [new("A", ["1"])], Poll = new("?", ["a"]), ReplyTo = new("B", true, null, "x"),
        };
        EngineEvent[] events =
        [
            new EngineEvent.MessageReceived(message), new EngineEvent.HistoryReceived([message], "h", 50, true),
            new EngineEvent.ServerAcknowledged("A", DateTimeOffset.UnixEpoch, 463),
            new EngineEvent.ReceiptReceived("1@lid", ["A"], ReceiptKind.Read, DateTimeOffset.UnixEpoch, "2@lid"),
            new EngineEvent.Closed(402, DateTimeOffset.UnixEpoch), new EngineEvent.LinkScanned(),
        ];

        foreach (var evt in events)
        {
            var written = SandboxEvents.Write(evt);
            var read = SandboxEvents.Read(written);
            Assert.IsType(evt.GetType(), read);
            Assert.Equal(written, SandboxEvents.Write(read));
        }

        Assert.Contains("\"event\":\"message-received\"", Encoding.UTF8.GetString(SandboxEvents.Write(events[0])), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(MessageType.Image, "image/jpeg", "FFD8FF")]
    [InlineData(MessageType.Sticker, "image/png", "89504E470D0A1A0A")]
    [InlineData(MessageType.Voice, "audio/ogg; codecs=opus", "4F676753")]
    [InlineData(MessageType.Audio, "audio/ogg; codecs=opus", "4F676753")]
    [InlineData(MessageType.Document, "application/pdf", "255044462D")]
    [InlineData(MessageType.Video, "video/mp4", "0000001C66747970")]
    public void Files_are_what_they_say_the_same_every_time_and_different_for_every_key(MessageType type, string mime, string begins)
    {
        var one = SandboxFiles.Remote(type, "one");
        var content = SandboxFiles.Read(one.Locator)!;

        Assert.Equal(mime, one.MimeType);
        Assert.StartsWith(begins, Convert.ToHexString(content), StringComparison.Ordinal);
        Assert.Equal(one.Size, content.Length);
        Assert.Equal(content, SandboxFiles.Read(one.Locator));
        Assert.NotEqual(content, SandboxFiles.Read(SandboxFiles.Remote(type, "two").Locator));
        Assert.Null(SandboxFiles.Read("{}"u8.ToArray()));
        Assert.Null(SandboxFiles.Read([1, 2, 3]));
    }

    [Fact]
    public void The_cross_references_of_a_document_point_at_its_objects()
    {
        var text = Encoding.ASCII.GetString(SandboxFiles.Read(SandboxFiles.Remote(MessageType.Document, "key").Locator)!);
        var table = int.Parse(text[(text.LastIndexOf("startxref\n", StringComparison.Ordinal) + 10)..].Split('\n')[0]);

        var lines = text[table..].Split('\n');
        for (var i = 1; i <= 5; i++)
        {
            Assert.StartsWith($"{i} 0 obj", text[int.Parse(lines[i + 2][..10])..], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Pages_of_a_recording_carry_the_right_checksum()
    {
        var file = SandboxFiles.Read(SandboxFiles.Remote(MessageType.Voice, "key").Locator)!;
        var pages = 0;
        for (var at = 0; at < file.Length; pages++)
        {
            var segments = file[at + 26];
            var length = 27 + segments + file.AsSpan(at + 27, segments).ToArray().Sum(segment => segment);
            var page = file[at..(at + length)];
            var expected = BinaryPrimitives.ReadUInt32LittleEndian(page.AsSpan(22));
            page.AsSpan(22, 4).Clear();
            Assert.Equal(expected, Crc(page));
            at += length;
        }

        Assert.Equal(4, pages);

        static uint Crc(byte[] page) => page.Aggregate(0u, (crc, value) =>
        {
            crc ^= (uint)value << 24;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc << 1) ^ ((crc & 0x80000000) == 0 ? 0u : 0x04C11DB7u);
            }

            return crc;
        });
    }
}
