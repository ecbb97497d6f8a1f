using System.Text;

namespace Penstock.Tests.Server;

/// <summary>Frames over a real connection: however they arrive, each is answered once and in order.</summary>
public sealed class FrameEchoTests
{
    [Fact]
    public async Task A_frame_may_arrive_one_byte_at_a_time()
    {
        await using TestServer server = TestServer.Echo();
        using TestClient client = await server.ConnectAsync();
        client.Socket.NoDelay = true;
        foreach (byte b in TestClient.Frame("hello"))
            await client.SendAsync(new[] { b });
        Assert.Equal("hello", Encoding.UTF8.GetString(await client.ReceiveFrameAsync()));
    }

    [Fact]
    public async Task Many_frames_in_one_write_are_answered_in_order()
    {
        await using TestServer server = TestServer.Echo();
        using TestClient client = await server.ConnectAsync();
        byte[] request = [.. Enumerable.Range(0, 1_000).SelectMany(i => TestClient.Frame($"message {i}"))];
        await client.SendAsync(request);
        for (int i = 0; i < 1_000; i++)
            Assert.Equal($"message {i}", Encoding.UTF8.GetString(await client.ReceiveFrameAsync()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8 * 1024)]
    [InlineData(1024 * 1024)]
    public async Task Frames_of_any_size_up_to_the_limit_come_back(int length)
    {
        await using TestServer server = TestServer.Echo();
        using TestClient client = await server.ConnectAsync();
        byte[] payload = TestClient.Pattern(length);
        Task sending = client.SendAsync(TestClient.Frame(payload));
        Assert.Equal(payload, await client.ReceiveFrameAsync());
        await sending;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Random_pieces_of_many_megabytes_come_back_exactly(int seed)
    {
        await using TestServer server = TestServer.Echo();
        using TestClient client = await server.ConnectAsync();
        var random = new Random(seed);
        List<byte> stream = [];
        while (stream.Count < 4 * 1024 * 1024)
            stream.AddRange(TestClient.Frame(TestClient.Pattern(random.Next(1 << random.Next(1, 18)))));

        byte[] sent = [.. stream];
        Task sending = SendInPiecesAsync();
        Assert.Equal(sent, await client.ReceiveExactlyAsync(sent.Length));
        await sending;

        async Task SendInPiecesAsync()
        {
            for (int i = 0; i < sent.Length;)
            {
                int count = Math.Min(random.Next(1, 100_000), sent.Length - i);
                await client.SendAsync(sent.AsMemory(i, count));
                i += count;
            }
        }
    }

    [Theory]
    [InlineData(65_537u)]
    [InlineData(0x7FFF_FFFFu)]
    [InlineData(0xFFFF_FFFFu)]
    public async Task An_oversized_frame_closes_before_its_body_and_earlier_replies_are_delivered(uint announced)
    {
        await using TestServer server = TestServer.Echo(o => o.MaxMessageBytes = 65_536);
        using TestClient client = await server.ConnectAsync();
        byte[] header = BitConverter.GetBytes(announced);
        await client.SendAsync([.. TestClient.Frame("one"), .. TestClient.Frame("two"), .. header]);

        byte[] expected = [.. TestClient.Frame("one"), .. TestClient.Frame("two")];
        Assert.Equal(expected, await client.ReceiveToEndAsync());
        client.Dispose();
        Assert.Equal(CloseReason.MessageTooLarge, await server.Journal.WaitClosedAsync());
    }

    [Fact]
    public async Task A_body_that_follows_an_oversized_header_does_not_take_the_replies_along()
    {
        await using TestServer server = TestServer.Echo(o => o.MaxMessageBytes = 1_024);
        using TestClient client = await server.ConnectAsync();
        byte[] oversized = TestClient.Frame(new byte[512 * 1024]);
        await client.SendAsync([.. TestClient.Frame("before"), .. oversized]);
        Assert.Equal(TestClient.Frame("before"), await client.ReceiveToEndAsync());
    }

    [Fact]
    public async Task A_reset_in_the_middle_of_a_message_ends_that_connection_alone()
    {
        await using TestServer server = TestServer.Echo();
        using TestClient other = await server.ConnectAsync();
        await other.ExchangeAsync();
        using TestClient client = await server.ConnectAsync();
        await client.ExchangeAsync();
        await client.SendAsync(TestClient.Frame("never finished").AsMemory(0, 9));
        client.Reset();
        Assert.Equal(CloseReason.PeerReset, await server.Journal.WaitClosedAsync());
        await other.ExchangeAsync("still here");
    }
}
