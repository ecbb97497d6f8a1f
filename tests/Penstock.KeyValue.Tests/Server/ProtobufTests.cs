using System.Net.Sockets;

namespace Penstock.KeyValue.Tests.Server;

/// <summary>The bytes of the protocol, so that clients written for other servers of it are served.</summary>
public sealed class ProtobufTests
{
    // key "k", value "v", kind 3; and the reply: kind 3, status Ok, which is not written.
    private const string Put = "0D000000" + "0A016B" + "120176" + "1803" + "40454F4640";
    private const string PutReply = "07000000" + "1803" + "40454F4640";

    // key "k", kind 1; and the reply: key, value, kind 2.
    private const string Get = "0A000000" + "0A016B" + "1801" + "40454F4640";
    private const string GetReply = "0D000000" + "0A016B" + "120176" + "1802" + "40454F4640";

    private const string GetMissing = "0A000000" + "0A0178" + "1801" + "40454F4640";
    private const string MissingReply = "0C000000" + "0A0178" + "1802" + "2001" + "40454F4640";

    public static TheoryData<IoMechanism> Mechanisms { get; } =
        [.. Enum.GetValues<IoMechanism>().Where(io => OperatingSystem.IsLinux() && IsHere(io))];

    [Theory]
    [MemberData(nameof(Mechanisms))]
    public async Task A_put_and_a_get_are_answered_in_every_model(IoMechanism io)
    {
        await using KeyValueServer server = Servers.Start(io: io);
        using Socket client = Connect(server);
        Assert.Equal(PutReply, await ExchangeAsync(client, Put, PutReply.Length));
        Assert.Equal(GetReply, await ExchangeAsync(client, Get, GetReply.Length));
        Assert.Equal(MissingReply, await ExchangeAsync(client, GetMissing, MissingReply.Length));
    }

    [Fact]
    public async Task Both_in_one_write_are_answered_in_order()
    {
        await using KeyValueServer server = Servers.Start();
        using Socket client = Connect(server);
        Assert.Equal(PutReply + GetReply, await ExchangeAsync(client, Put + Get, PutReply.Length + GetReply.Length));
    }

    [Fact]
    public async Task Nobody_is_let_past_a_password_that_is_set_while_the_server_runs()
    {
        TestIo.SkipIfOneAtATime();
        await using KeyValueServer server = Servers.Start();
        using RespClient admin = await RespClient.ConnectAsync(server);
        Assert.Equal("+OK|", await admin.CallAsync("CONFIG", "SET", "requirepass", "secret"));
        Assert.False(await IsAnsweredAsync(), "A put was answered.");
        Assert.Equal("$-1|", await admin.CallAsync("GET", "k"));

        async Task<bool> IsAnsweredAsync()
        {
            try
            {
                using RespClient client = await RespClient.ConnectAsync(server.EndPoint!);
                await client.SendAsync(Convert.FromHexString(Put));
                return !await client.EndsAsync();
            }
            catch (SocketException)
            {
                // The reset may come as early as this.
                return false;
            }
        }
    }

    [Fact]
    public async Task Bytes_may_come_one_by_one()
    {
        await using KeyValueServer server = Servers.Start();
        using Socket client = Connect(server);
        byte[] bytes = Convert.FromHexString(Put + Get);
        foreach (byte value in bytes[..^1])
            await client.SendAsync(new[] { value }, TestContext.Current.CancellationToken);
        string replies = await ExchangeAsync(
            client, Convert.ToHexString(bytes[^1..]), PutReply.Length + GetReply.Length);
        Assert.Equal(PutReply + GetReply, replies);
    }

    [Theory]
    [InlineData("07000000" + "1801" + "40454F4641")]
    [InlineData("04000000" + "40454F46")]
    [InlineData("07000000" + "FFFF" + "40454F4640")]
    [InlineData("09000000" + "0A056B18" + "40454F4640")]
    [InlineData("07000000" + "1802" + "40454F4640")]
    [InlineData("07000000" + "1809" + "40454F4640")]
    [InlineData("05000000" + "40454F4640")]
    [InlineData("FFFFFFFF")]
    public async Task A_bad_footer_a_broken_body_or_an_unknown_kind_ends_the_connection(string frame)
    {
        await using KeyValueServer server = Servers.Start();
        using Socket client = Connect(server);
        Assert.Equal("", await ExchangeAsync(client, frame, 2));
    }

    [Fact]
    public async Task Both_protocols_see_one_store()
    {
        TestIo.SkipIfOneAtATime();
        await using KeyValueServer server = Servers.Start(loops: 2);
        using Socket client = Connect(server);
        using RespClient resp = await RespClient.ConnectAsync(server);
        Assert.Equal(PutReply, await ExchangeAsync(client, Put, PutReply.Length));
        Assert.Equal("$1|v|", await resp.CallAsync("GET", "k"));
        Assert.Equal("+OK|", await resp.CallAsync("SET", "x", "1"));
        Assert.Equal(
            "0D000000" + "0A0178" + "120131" + "1802" + "40454F4640",
            await ExchangeAsync(client, GetMissing, 34));
    }

    [Fact]
    public async Task Keys_and_values_that_are_not_text_are_kept_as_they_are()
    {
        // Keys FF and FE, with the values 80 and C0 AF.
        const string PutFirst = "0D000000" + "0A01FF" + "120180" + "1803" + "40454F4640";
        const string PutSecond = "0E000000" + "0A01FE" + "1202C0AF" + "1803" + "40454F4640";
        const string GetFirst = "0A000000" + "0A01FF" + "1801" + "40454F4640";
        const string GetSecond = "0A000000" + "0A01FE" + "1801" + "40454F4640";
        const string First = "0D000000" + "0A01FF" + "120180" + "1802" + "40454F4640";
        const string Second = "0E000000" + "0A01FE" + "1202C0AF" + "1802" + "40454F4640";
        await using KeyValueServer server = Servers.Start();
        using Socket client = Connect(server);
        Assert.Equal(
            PutReply + PutReply + First + Second,
            await ExchangeAsync(
                client,
                PutFirst + PutSecond + GetFirst + GetSecond,
                (PutReply.Length * 2) + First.Length + Second.Length));
    }

    [Fact]
    public async Task A_password_closes_the_port_that_cannot_carry_one()
    {
        await using KeyValueServer server = Servers.Start(options => options.Password = "secret");
        Assert.Null(server.EndPoint);
    }

    /// <summary>Not all mechanisms of the engine exist on every machine.</summary>
    private static bool IsHere(IoMechanism io)
    {
        try
        {
            var options = new LoopOptions { Count = 1, Io = io, MaxConnectionsPerLoop = 1 };
            new LoopGroup(options).DisposeAsync().AsTask().Wait();
            return true;
        }
        catch (Exception exception) when (exception is NotSupportedException or ArgumentException)
        {
            return false;
        }
    }

    private static Socket Connect(KeyValueServer server)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(server.EndPoint!);
        return socket;
    }

    /// <summary>
    /// Sends bytes and returns as many hexadecimal digits of the reply; fewer when the server ends the connection.
    /// </summary>
    private static async Task<string> ExchangeAsync(Socket client, string hex, int digits)
    {
        await client.SendAsync(Convert.FromHexString(hex), TestContext.Current.CancellationToken);
        byte[] reply = new byte[digits / 2];
        int received = 0;
        while (received < reply.Length)
        {
            int count = await client.ReceiveAsync(reply.AsMemory(received), TestContext.Current.CancellationToken);
            if (count == 0)
                break;
            received += count;
        }

        return Convert.ToHexString(reply, 0, received);
    }
}
