using System.Text;
using Penstock.Http.Tests.Conformance;
using Penstock.Http.Tests.Scripted;

namespace Penstock.Http.Tests.Behaviour;

public sealed class ResponseTests
{
    [Fact]
    public void Pieces_of_unknown_length_are_chunked_and_followed_by_trailers()
    {
        ReadResponse response = Answer("GET / HTTP/1.1\r\nHost: a\r\n\r\n", exchange =>
        {
            exchange.Response.Start(null);
            exchange.Response.Write("Hel"u8);
            exchange.Response.Write(""u8);
            exchange.Response.Write("lo"u8);
            exchange.Response.AddTrailer("X-Sum"u8, "5"u8);
            exchange.Response.Complete();
        });

        Assert.Equal("chunked", response.Headers["Transfer-Encoding"]);
        Assert.Equal("Hello", response.Content);
        Assert.Equal("5", response.Headers["trailer X-Sum"]);
    }

    [Fact]
    public void Pieces_of_unknown_length_end_an_http_1_0_connection()
    {
        using ScriptedServer server = Serving(exchange =>
        {
            exchange.Response.Start(null);
            exchange.Response.Write("Hello"u8);
            exchange.Response.Complete();
        });
        ScriptedPeer peer = Ask(server, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");

        ReadResponse response = Assert.Single(ResponseReader.ReadAll(peer.Received));
        Assert.False(response.Headers.ContainsKey("Transfer-Encoding"));
        Assert.Equal("close", response.Headers["Connection"]);
        Assert.Equal("Hello", response.Content);
        Assert.True(peer.IsClosed);
    }

    [Fact]
    public void An_http_1_0_client_that_asked_is_told_that_the_connection_stays()
    {
        ReadResponse response = Answer(
            "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", exchange => exchange.Response.Send("x"u8));

        Assert.Equal("keep-alive", response.Headers["Connection"]);
    }

    [Fact]
    public void Head_has_the_length_of_what_get_would_have_sent()
    {
        using ScriptedServer server = Serving(exchange => exchange.Response.Send("Hello"u8));
        ScriptedPeer peer = Ask(server, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");

        ReadResponse response = Assert.Single(ResponseReader.ReadAll(peer.Received, head: true));
        Assert.Equal("5", response.Headers["Content-Length"]);
    }

    [Theory]
    [InlineData(204)]
    [InlineData(304)]
    public void A_status_without_content_has_neither_length_nor_content(int status)
    {
        ReadResponse response = Answer("GET / HTTP/1.1\r\nHost: a\r\n\r\n", exchange =>
        {
            exchange.Response.StatusCode = status;
            exchange.Response.Send("not to be seen"u8);
        });

        Assert.Equal(status, response.Status);
        Assert.False(response.Headers.ContainsKey("Content-Length"));
    }

    [Fact]
    public void A_handler_that_says_nothing_answers_with_no_content()
    {
        ReadResponse response = Answer("GET / HTTP/1.1\r\nHost: a\r\n\r\n", _ => { });

        Assert.Equal(200, response.Status);
        Assert.Equal("0", response.Headers["Content-Length"]);
    }

    [Theory]
    [InlineData("X\r\nY", "a")]
    [InlineData("X", "a\r\nSet-Cookie: b")]
    [InlineData("X", "a\0")]
    [InlineData("", "a")]
    public void A_field_that_would_be_more_than_one_is_refused(string name, string value)
    {
        Exception? thrown = null;
        Answer("GET / HTTP/1.1\r\nHost: a\r\n\r\n", exchange => thrown = Record.Exception(
            () => exchange.Response.AddHeader(Encoding.ASCII.GetBytes(name), Encoding.ASCII.GetBytes(value))));

        Assert.IsType<ArgumentException>(thrown);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void More_or_less_than_the_declared_length_is_a_mistake_that_resets_the_connection(int declared)
    {
        using ScriptedServer server = Serving(exchange =>
        {
            exchange.Response.Start(declared);
            exchange.Response.Write("abc"u8);
        });

        Assert.True(Ask(server, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").WasReset);
    }

    [Fact]
    public void Pipelined_answers_leave_in_one_send()
    {
        using ScriptedServer server = Serving(exchange => exchange.Response.Send("Hello"u8));
        ScriptedPeer peer = Ask(server, string.Concat(Enumerable.Repeat("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 16)));

        Assert.Equal(16, ResponseReader.ReadAll(peer.Received).Count);
        Assert.Equal(1, peer.Sends);
    }

    [Fact]
    public void The_date_is_that_of_the_second()
    {
        using ScriptedServer server = Serving(exchange => exchange.Response.Send("x"u8));
        string first = AskForDate(server);
        server.Pass(TimeSpan.FromSeconds(2));
        string second = AskForDate(server);

        Assert.Equal("Thu, 01 Jan 2026 00:00:00 GMT", first);
        Assert.Equal("Thu, 01 Jan 2026 00:00:02 GMT", second);
    }

    [Fact]
    public void A_client_that_does_not_read_stops_the_requests_behind_and_gets_every_answer_when_it_reads()
    {
        using ScriptedServer server = new(
            new HttpRoutes().Map("GET", "/", exchange => exchange.Response.Send(new byte[1_000])),
            server: new ServerOptions { MaxSendQueueBytes = 10_000, ResumeSendQueueBytes = 1_000 });
        ScriptedPeer peer = server.Connect();
        peer.Reads = false;
        for (int i = 0; i < 100; i++)
        {
            peer.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
            server.Run();
        }

        Assert.InRange(server.Loop.Counters.Requests, 1, 15);
        peer.StartReading();
        server.Run();
        Assert.Equal(100, ResponseReader.ReadAll(peer.Received).Count);
    }

    private static ReadResponse Answer(string request, Action<HttpExchange> handler)
    {
        using ScriptedServer server = Serving(handler);
        return Assert.Single(ResponseReader.ReadAll(Ask(server, request).Received));
    }

    private static string AskForDate(ScriptedServer server)
    {
        ScriptedPeer peer = Ask(server, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        return ResponseReader.ReadAll(peer.Received)[0].Headers["Date"];
    }

    private static ScriptedServer Serving(Action<HttpExchange> handler) =>
        new(new HttpRoutes().Map("GET", "/", handler));

    private static ScriptedPeer Ask(ScriptedServer server, string request)
    {
        ScriptedPeer peer = server.Connect();
        peer.Send(Encoding.Latin1.GetBytes(request));
        server.Run();
        return peer;
    }
}
