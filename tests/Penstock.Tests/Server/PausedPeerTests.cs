using System.Text;

namespace Penstock.Tests.Server;

/// <summary>What a handler hears of a peer that leaves while its connection is paused.</summary>
public sealed class PausedPeerTests
{
    private readonly List<string> _heard = [];

    [Fact]
    public async Task A_FIN_is_told_at_once_and_comes_again_behind_the_unread_bytes()
    {
        await using TestServer server = TestServer.Scripted(PausedFromTheStart());
        using TestClient client = await server.ConnectAsync();
        ConnectionId id = await server.Journal.WaitOpenedAsync();
        await client.SendAsync("unread");
        client.FinishSending();
        await Patience.UntilAsync(() => ReadAsync(server, id, () => _heard.Contains("finishing, noted")));
        Assert.Equal(["finishing, noted"], _heard);
        Assert.Empty(server.Journal.Closed);

        server.Group.Post(id, connection => connection.Resume());
        await client.ExpectEndAsync();
        Assert.Equal(CloseReason.PeerFinished, await server.Journal.WaitClosedAsync());
        Assert.Equal(["finishing, noted", "unread", "finished"], _heard);
    }

    [Fact]
    public async Task A_FIN_that_is_read_is_told_once()
    {
        var handler = new ScriptedHandler
        {
            PeerFinishing = _ => _heard.Add("finishing"),
            PeerFinished = connection =>
            {
                _heard.Add(connection.PeerHasFinished ? "finished, noted" : "finished");
                connection.Close();
            },
        };
        await using TestServer server = TestServer.Scripted(handler);
        using TestClient client = await server.ConnectAsync();
        client.FinishSending();
        await client.ExpectEndAsync();
        await server.Journal.WaitClosedAsync();
        Assert.Equal(["finished, noted"], _heard);
    }

    [Fact]
    public async Task A_reset_closes_the_connection_at_once()
    {
        await using TestServer server = TestServer.Scripted(PausedFromTheStart());
        using TestClient client = await server.ConnectAsync();
        await server.Journal.WaitOpenedAsync();
        await client.SendAsync("unread");
        client.Reset();
        Assert.Equal(CloseReason.PeerReset, await server.Journal.WaitClosedAsync());
        Assert.Empty(_heard);
    }

    [Fact]
    public async Task A_peer_that_finishes_while_it_does_not_read_is_noticed_too()
    {
        var handler = new ScriptedHandler
        {
            Received = (connection, data) =>
            {
                connection.Send(new byte[32 * 1024 * 1024]);
                return data.Length;
            },
            PeerFinishing = _ => _heard.Add("finishing"),
        };
        await using TestServer server = TestServer.Scripted(handler);
        using TestClient client = await server.ConnectWithSmallBufferAsync();
        ConnectionId id = await server.Journal.WaitOpenedAsync();
        await client.SendAsync("go");
        await server.WaitStalledAsync();
        client.FinishSending();
        await Patience.UntilAsync(() => ReadAsync(server, id, () => _heard.Count > 0));
        Assert.Equal(["finishing"], _heard);
        Assert.Empty(server.Journal.Closed);
    }

    private ScriptedHandler PausedFromTheStart() => new()
    {
        Opened = connection => connection.Pause(),
        Received = (_, data) =>
        {
            _heard.Add(Encoding.ASCII.GetString(data));
            return data.Length;
        },
        PeerFinishing = connection => _heard.Add(connection.PeerHasFinished ? "finishing, noted" : "finishing"),
        PeerFinished = connection =>
        {
            _heard.Add("finished");
            connection.Close(CloseReason.PeerFinished);
        },
    };

    private static Task<bool> ReadAsync(TestServer server, ConnectionId id, Func<bool> read) =>
        server.Group.ReadAsync(read, id.Loop);
}
