using System.Text;
using Penstock.Http.Tests.Conformance;
using Penstock.Http.Tests.Scripted;

namespace Penstock.Http.Tests.Behaviour;

public sealed class BodyTests
{
    [Fact]
    public void An_endpoint_sees_the_pieces_as_they_come()
    {
        var endpoint = new RecordingEndpoint();
        using var server = new ScriptedServer(new HttpRoutes().Map("POST", "/", endpoint));
        ScriptedPeer peer = server.Connect();
        foreach (string piece in (string[])["POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nab", "cd", "ef"])
        {
            peer.Send(Encoding.ASCII.GetBytes(piece));
            server.Run();
        }

        Assert.Equal(["ab", "cd", "ef"], endpoint.Pieces);
        Assert.Equal("6", Assert.Single(ResponseReader.ReadAll(peer.Received)).Content);
    }

    [Fact]
    public void Trailers_are_there_at_the_end_and_apart_from_the_head()
    {
        var endpoint = new RecordingEndpoint();
        using var server = new ScriptedServer(new HttpRoutes().Map("POST", "/", endpoint));
        ScriptedPeer peer = server.Connect();
        ReadOnlySpan<byte> request = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"u8
            + "2\r\nab\r\n0\r\nX: y\r\nHost: z\r\n\r\n"u8;
        peer.Send(request.ToArray());
        server.Run();

        Assert.Equal(["X=y", "Host=z"], endpoint.Trailers);
        Assert.Equal("a", endpoint.Host);
        Assert.Equal("2", Assert.Single(ResponseReader.ReadAll(peer.Received)).Content);
    }

    [Fact]
    public void An_endpoint_that_takes_less_pauses_the_client_until_it_resumes()
    {
        var endpoint = new RecordingEndpoint { Room = 3 };
        using var server = new ScriptedServer(new HttpRoutes().Map("POST", "/", endpoint));
        ScriptedPeer peer = server.Connect();
        peer.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabcd"u8.ToArray());
        peer.Send("ef"u8.ToArray());
        server.Run();
        Assert.Equal(["abc"], endpoint.Pieces);

        endpoint.Room = 100;
        endpoint.Exchange!.ResumeBody();
        server.Run();

        Assert.Equal("abcdef", string.Concat(endpoint.Pieces));
        Assert.Equal("6", Assert.Single(ResponseReader.ReadAll(peer.Received)).Content);
    }

    [Fact]
    public void An_endpoint_hears_that_its_client_went_away()
    {
        var endpoint = new RecordingEndpoint();
        using (var server = new ScriptedServer(new HttpRoutes().Map("POST", "/", endpoint)))
        {
            ScriptedPeer peer = server.Connect();
            peer.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nab"u8.ToArray());
            server.Run();
        }

        Assert.True(endpoint.WasAborted);
        Assert.True(endpoint.Exchange!.IsAborted);
    }

    [Fact]
    public void A_client_that_stops_within_its_body_is_told_that_it_was_too_short()
    {
        using var server = new ScriptedServer(DefaultRoutes.Create());
        ScriptedPeer peer = server.Connect();
        peer.Send("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nab"u8.ToArray());
        peer.SendFin();
        server.Run();

        Assert.Equal(400, Assert.Single(ResponseReader.ReadAll(peer.Received)).Status);
        Assert.True(peer.IsClosed);
    }

    [Fact]
    public void A_client_that_has_sent_everything_and_finished_gets_its_answer()
    {
        using var server = new ScriptedServer(DefaultRoutes.Create());
        ScriptedPeer peer = server.Connect();
        peer.Send("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"u8.ToArray());
        peer.SendFin();
        server.Run();

        Assert.Equal("2", Assert.Single(ResponseReader.ReadAll(peer.Received)).Content);
        Assert.True(peer.IsClosed);
        Assert.False(peer.WasReset);
    }

    private sealed class RecordingEndpoint : HttpEndpoint
    {
        public List<string> Pieces { get; } = [];

        public List<string> Trailers { get; } = [];

        public string Host { get; private set; } = "";

        public int Room { get; set; } = int.MaxValue;

        public bool WasAborted { get; private set; }

        public HttpExchange? Exchange { get; private set; }

        public override void OnRequest(HttpExchange exchange) => Exchange = exchange;

        public override int OnBody(HttpExchange exchange, ReadOnlySpan<byte> piece)
        {
            int taken = Math.Min(Room, piece.Length);
            Room -= taken;
            if (taken > 0)
                Pieces.Add(Encoding.ASCII.GetString(piece[..taken]));
            return taken;
        }

        public override void OnBodyEnd(HttpExchange exchange)
        {
            Host = Encoding.ASCII.GetString(exchange.Request.Host);
            for (int i = 0; i < exchange.Request.Trailers.Count; i++)
            {
                HttpHeader trailer = exchange.Request.Trailers[i];
                Trailers.Add($"{Encoding.ASCII.GetString(trailer.Name)}={Encoding.ASCII.GetString(trailer.Value)}");
            }

            exchange.Response.Send(Encoding.ASCII.GetBytes($"{exchange.Request.BodyBytesReceived}"));
        }

        public override void OnAborted(HttpExchange exchange) => WasAborted = true;
    }
}
