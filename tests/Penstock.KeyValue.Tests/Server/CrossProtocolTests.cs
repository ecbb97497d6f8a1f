using System.Diagnostics.Tracing;
using System.Net.Sockets;
using System.Text;

namespace Penstock.KeyValue.Tests.Server;

/// <summary>
/// What a web page can have its reader's browser send to a port of this machine: nothing of it may be done, whatever
/// commands the page put into what it controls.
/// </summary>
public sealed class CrossProtocolTests
{
    private const string Commands = "SET owned yes\r\nCONFIG SET requirepass secret\r\n";

    /// <summary>
    /// The start of a TLS handshake; the page's server chose the session ticket, which comes later in it.
    /// </summary>
    private const string ClientHello = "\x16\x03\x01\x0A\x00\x01\x00\x09\xFC\x03\x03random\r\n";

    /// <summary>A STUN message, as for a TURN server that the page names; the user name is the page's.</summary>
    private const string Stun = "\x00\x03\x00\x40\x21\x12\xA4\x42transaction!\x00\x06\x00\x20user\r\n";

    public static TheoryData<string, string> Requests { get; } = new()
    {
        { "a form", Http("POST") },
        { "a form, in lower case", Http("post") },
        { "a POST without a Host", "POST / HTTP/1.0\r\n\r\n" + Commands },
        { "a PUT", Http("PUT") },
        { "a GET with a body", Http("GET") },
        { "an OPTIONS", Http("OPTIONS") },
        { "a method of one's own", Http("SETX") },
        { "a word of the protocol as the method", Http("ECHO") },
        { "a Host alone", "Host: localhost\r\n" + Commands },
        { "an array that calls POST", "*1\r\n$4\r\nPOST\r\n" + Commands },
        { "an array that calls Host:", "*2\r\n$5\r\nhost:\r\n$1\r\nx\r\n" + Commands },
        { "a POST within a transaction", "MULTI\r\n" + Http("POST") },
        { "TLS", ClientHello + Commands },
        { "STUN", Stun + Commands },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Nothing_that_a_browser_sends_is_run(string what, string request)
    {
        await using KeyValueServer server = Servers.Start();
        using (RespClient browser = await RespClient.ConnectAsync(server))
        {
            await browser.SendAsync(request);
            Assert.True(await EndsAsync(browser), $"The connection stays after {what}.");
        }

        using RespClient client = await RespClient.ConnectAsync(server);
        Assert.Equal("$-1|", await client.CallAsync("GET", "owned"));
    }

    [Fact]
    public async Task A_request_that_comes_byte_by_byte_is_not_run_either()
    {
        await using KeyValueServer server = Servers.Start();
        using (RespClient browser = await RespClient.ConnectAsync(server))
        {
            try
            {
                foreach (byte value in Encoding.Latin1.GetBytes(Http("POST")))
                    await browser.SendAsync(new[] { value });
            }
            catch (SocketException)
            {
                // The server has closed the connection meanwhile.
            }

            Assert.True(await EndsAsync(browser), "The connection stays.");
        }

        using RespClient client = await RespClient.ConnectAsync(server);
        Assert.Equal("$-1|", await client.CallAsync("GET", "owned"));
    }

    [Fact]
    public async Task The_protobuf_port_runs_nothing_of_a_request()
    {
        // A whole put, as the body of a request: key "owned", value "yes".
        const string Put = "\x17\x00\x00\x00\x0A\x05owned\x12\x03yes\x18\x03@EOF@";
        TestIo.SkipIfOneAtATime();
        await using KeyValueServer server = Servers.Start();
        foreach (string method in new[] { "POST", "PUT", "GET", "OPTIONS" })
        {
            using RespClient browser = await RespClient.ConnectAsync(server.EndPoint!);
            await browser.SendAsync($"{method} / HTTP/1.1\r\nHost: localhost\r\n\r\n{Put}");
            Assert.True(await EndsAsync(browser), $"The connection stays after {method}.");
        }

        using RespClient client = await RespClient.ConnectAsync(server);
        Assert.Equal("$-1|", await client.CallAsync("GET", "owned"));
    }

    [Fact]
    public async Task A_warning_is_written_and_not_one_for_each()
    {
        using var events = new Warnings();
        await using KeyValueServer server = Servers.Start();
        string own = "";
        for (int i = 0; i < 20; i++)
        {
            using RespClient browser = await RespClient.ConnectAsync(server);
            own = own.Length > 0 ? own : browser.LocalEndPoint.ToString()!;
            await browser.SendAsync(Http("POST"));
            Assert.True(await EndsAsync(browser), "The connection stays.");
        }

        // Other tests may run in this process; the first request of this server is the one that is told.
        Assert.Single(events.Clients, client => client == own);
    }

    [Fact]
    public void A_warning_is_written_again_after_a_minute()
    {
        using var events = new Warnings();
        var time = new Clock();
        var warnings = new ClientWarnings(time);
        string client = Guid.NewGuid().ToString();
        for (int second = 0; second < 150; second++)
        {
            warnings.HttpRequest(client);
            time.Now += TimeSpan.FromSeconds(1);
        }

        Assert.Equal(3, events.Clients.Count(name => name == client));
    }

    private static string Http(string method) =>
        $"{method} / HTTP/1.1\r\nHost: localhost:6380\r\nContent-Type: text/plain\r\n\r\n{Commands}";

    /// <summary>Whether the server ends the connection; what it says before that is read and dropped.</summary>
    private static async Task<bool> EndsAsync(RespClient client)
    {
        try
        {
            await client.ReadToEndAsync();
            return true;
        }
        catch (SocketException)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }

    /// <summary>The clients that the server warned about because they sent an HTTP request.</summary>
    private sealed class Warnings : EventListener
    {
        private readonly List<string> _clients = [];

        public IReadOnlyList<string> Clients
        {
            get
            {
                lock (_clients)
                    return [.. _clients];
            }
        }

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "Penstock-KeyValue")
                EnableEvents(eventSource, EventLevel.Warning);
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData.EventName != nameof(KeyValueEventSource.HttpRequest))
                return;
            lock (_clients)
                _clients.Add((string)eventData.Payload![0]!);
        }
    }
}
