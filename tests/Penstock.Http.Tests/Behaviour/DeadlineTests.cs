using System.Text;
using Penstock.Http.Tests.Conformance;
using Penstock.Http.Tests.Scripted;

namespace Penstock.Http.Tests.Behaviour;

/// <summary>
/// Deadlines on a clock that only the tests move; sweeps make them up to half a second late and never early.
/// </summary>
public sealed class DeadlineTests
{
    private static readonly byte[] Get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray();

    [Fact]
    public void A_head_that_drips_is_answered_408()
    {
        using ScriptedServer server = Start();
        ScriptedPeer peer = server.Connect();
        foreach (byte value in "GET / HTTP/1.1\r\nHost"u8.ToArray().Take(16))
        {
            peer.Send([value]);
            server.Run();
            server.Pass(TimeSpan.FromMilliseconds(250));
        }

        Assert.Empty(peer.Received);
        server.Pass(TimeSpan.FromMilliseconds(4_500));
        Assert.Equal(408, Assert.Single(ResponseReader.ReadAll(peer.Received)).Status);
        Assert.True(peer.IsClosed);
    }

    /// <summary>Found by simulation: it was called late when the request before it would have been.</summary>
    [Fact]
    public void A_head_that_begins_behind_another_request_has_its_own_time()
    {
        using ScriptedServer server = Start();
        ScriptedPeer peer = server.Connect();
        byte[] begun = Get[..10];
        byte[] restAndNext = [.. Get[10..], .. begun];
        peer.Send(begun);
        for (int i = 0; i < 15; i++)
        {
            server.Run();
            server.Pass(TimeSpan.FromSeconds(1));
            peer.Send(restAndNext);
        }

        server.Run();
        List<ReadResponse> responses = ResponseReader.ReadAll(peer.Received);
        Assert.Equal(Enumerable.Repeat(200, 15), responses.Select(response => response.Status));
        Assert.False(peer.IsClosed);
    }

    /// <summary>Found by simulation, by a jump of the clock: deadlines counted from the sweep before it.</summary>
    [Fact]
    public void A_loop_that_stood_still_does_not_blame_the_client_that_comes_next()
    {
        using ScriptedServer server = Start();
        ScriptedPeer peer = server.Connect();
        server.Run();
        server.Time.Advance(TimeSpan.FromSeconds(9));
        peer.Send(Get[..10]);
        server.Run();
        server.Pass(TimeSpan.FromMilliseconds(500));

        peer.Send(Get[10..]);
        server.Run();
        Assert.Equal(200, Assert.Single(ResponseReader.ReadAll(peer.Received)).Status);
    }

    [Fact]
    public void A_body_that_drips_is_answered_408()
    {
        using ScriptedServer server = Start();
        ScriptedPeer peer = BeginUpload(server, 10_000);
        for (int i = 0; i < 11; i++)
        {
            peer.Send(new byte[40]);
            server.Run();
            server.Pass(TimeSpan.FromMilliseconds(500));
        }

        Assert.Equal(408, Assert.Single(ResponseReader.ReadAll(peer.Received)).Status);
    }

    [Fact]
    public void A_body_that_keeps_to_the_rate_may_take_its_time()
    {
        using ScriptedServer server = Start();
        ScriptedPeer peer = BeginUpload(server, 5200);
        for (int i = 0; i < 40; i++)
        {
            Assert.Empty(peer.Received);
            peer.Send(new byte[130]);
            server.Run();
            server.Pass(TimeSpan.FromMilliseconds(500));
        }

        Assert.Equal("5200", Assert.Single(ResponseReader.ReadAll(peer.Received)).Content);
    }

    [Fact]
    public void A_rate_that_was_high_before_does_not_excuse_a_stall()
    {
        using ScriptedServer server = Start();
        ScriptedPeer peer = BeginUpload(server, 1_000_000);
        peer.Send(new byte[500_000]);
        server.Run();

        server.Pass(TimeSpan.FromSeconds(11));

        Assert.Equal(408, Assert.Single(ResponseReader.ReadAll(peer.Received)).Status);
    }

    [Fact]
    public void Time_in_which_the_endpoint_holds_the_body_up_is_not_the_clients()
    {
        using var server = new ScriptedServer(new HttpRoutes().Map("POST", "/", new HoldingEndpoint()));
        ScriptedPeer peer = server.Connect();
        peer.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\nabc"u8.ToArray());
        server.Run();

        server.Pass(TimeSpan.FromSeconds(40));

        Assert.Empty(peer.Received);
        Assert.False(peer.IsClosed);
    }

    [Fact]
    public void A_whole_body_has_a_deadline_when_it_is_given_one()
    {
        var options = new HttpOptions { BodyTimeout = TimeSpan.FromSeconds(3), MinBodyBytesPerSecond = 0 };
        using var server = new ScriptedServer(DefaultRoutes.Create(), options);
        ScriptedPeer peer = BeginUpload(server, 10_000);

        server.Pass(TimeSpan.FromSeconds(4));

        Assert.Equal(408, Assert.Single(ResponseReader.ReadAll(peer.Received)).Status);
    }

    [Fact]
    public void A_kept_connection_that_says_nothing_more_is_closed_without_a_word()
    {
        using ScriptedServer server = Start();
        ScriptedPeer peer = server.Connect();
        peer.Send(Get);
        server.Run();

        server.Pass(TimeSpan.FromSeconds(61));

        Assert.Single(ResponseReader.ReadAll(peer.Received));
        Assert.True(peer.IsClosed);
        Assert.False(peer.WasReset);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")]
    public void Silence_within_a_request_is_answered_408_also_where_it_ends_before_the_deadline_of_a_head(string part)
    {
        foreach (bool isFirst in (bool[])[true, false])
        {
            var options = new ServerOptions { IdleTimeout = TimeSpan.FromSeconds(2) };
            options.FirstMessageTimeout = isFirst ? TimeSpan.FromSeconds(2) : Timeout.InfiniteTimeSpan;
            using var server = new ScriptedServer(DefaultRoutes.Create(), server: options);
            ScriptedPeer peer = server.Connect();
            peer.Send(Encoding.ASCII.GetBytes(part));
            server.Run();

            server.Pass(TimeSpan.FromSeconds(3));

            Assert.Equal(408, Assert.Single(ResponseReader.ReadAll(peer.Received)).Status);
            Assert.True(peer.HasSeenFin);
        }
    }

    [Fact]
    public void A_stray_empty_line_behind_a_request_is_not_the_beginning_of_another()
    {
        using ScriptedServer server = Start();
        ScriptedPeer peer = server.Connect();
        peer.Send([.. Get, .. "\r\n"u8]);
        peer.SendFin();
        server.Run();

        Assert.Equal(200, Assert.Single(ResponseReader.ReadAll(peer.Received)).Status);
        Assert.True(peer.IsClosed);
    }

    [Fact]
    public void A_response_that_would_end_with_the_connection_is_not_made_whole_by_a_timeout()
    {
        using var server = new ScriptedServer(
            new HttpRoutes().Map("POST", "/", new BeginningEndpoint()), new HttpOptions { MinBodyBytesPerSecond = 0 });
        ScriptedPeer peer = server.Connect();
        peer.Send("POST / HTTP/1.0\r\nContent-Length: 10000\r\n\r\nabc"u8.ToArray());
        server.Run();
        Assert.EndsWith("\r\n\r\nbegun", peer.Received);

        server.Pass(TimeSpan.FromSeconds(61));

        Assert.True(peer.IsClosed);
        Assert.True(peer.WasReset);
    }

    [Fact]
    public void A_connection_that_never_says_anything_is_closed_without_a_word()
    {
        using ScriptedServer server = Start();
        ScriptedPeer peer = server.Connect();

        server.Pass(TimeSpan.FromSeconds(11));

        Assert.Empty(peer.Received);
        Assert.True(peer.IsClosed);
    }

    [Fact]
    public void A_slow_head_behind_an_answered_request_is_answered_408_too()
    {
        using ScriptedServer server = Start();
        ScriptedPeer peer = server.Connect();
        peer.Send([.. Get, .. "GET /"u8]);
        server.Run();

        server.Pass(TimeSpan.FromSeconds(9));

        Assert.Equal([200, 408], ResponseReader.ReadAll(peer.Received).Select(response => response.Status));
    }

    private static ScriptedServer Start() => new(DefaultRoutes.Create());

    /// <summary>A client of which the server has the head of an upload.</summary>
    private static ScriptedPeer BeginUpload(ScriptedServer server, int contentLength)
    {
        ScriptedPeer peer = server.Connect();
        peer.Send(Encoding.ASCII.GetBytes(
            $"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: {contentLength}\r\n\r\n"));
        server.Run();
        return peer;
    }

    private sealed class HoldingEndpoint : HttpEndpoint
    {
        public override void OnRequest(HttpExchange exchange)
        {
        }

        public override int OnBody(HttpExchange exchange, ReadOnlySpan<byte> piece) => 0;
    }

    private sealed class BeginningEndpoint : HttpEndpoint
    {
        public override void OnRequest(HttpExchange exchange)
        {
            exchange.Response.Start(null);
            exchange.Response.Write("begun"u8);
        }
    }
}
