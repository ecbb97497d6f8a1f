namespace Penstock.Tests.Server;

/// <summary>A peer that has finished sending is still owed everything.</summary>
public sealed class HalfCloseTests
{
    [Fact]
    public async Task A_client_that_finished_sending_gets_every_reply_and_then_the_end()
    {
        await using TestServer server = TestServer.Echo();
        using TestClient client = await server.ConnectAsync();
        byte[] request = [.. Enumerable.Range(0, 100).SelectMany(i => TestClient.Frame($"message {i}"))];
        await client.SendAsync(request);
        client.FinishSending();
        Assert.Equal(request, await client.ReceiveToEndAsync());
        Assert.Equal(CloseReason.PeerFinished, await server.Journal.WaitClosedAsync());
    }

    [Fact]
    public async Task A_slow_consumer_whose_FIN_came_right_after_the_data_gets_every_byte()
    {
        // Far more than the socket buffers and the high mark hold, so the server is paused with the FIN behind the
        // data.
        await using TestServer server = TestServer.Echo(o =>
        {
            o.MaxSendQueueBytes = 64 * 1024;
            o.ResumeSendQueueBytes = 16 * 1024;
        });
        using TestClient client = await server.ConnectWithSmallBufferAsync();
        byte[] request = [.. Enumerable.Range(0, 400).SelectMany(_ => TestClient.Frame(TestClient.Pattern(40_000)))];
        Task sending = SendAndFinishAsync();
        await Patience.UntilAsync(() => server.Group.Sum(loop => loop.Statistics.ReceivePauses) > 0);
        Assert.Equal(request, await client.ReceiveToEndAsync());
        await sending;

        async Task SendAndFinishAsync()
        {
            await client.SendAsync(request);
            client.FinishSending();
        }
    }

    [Fact]
    public async Task A_handler_may_go_on_sending_after_the_peers_FIN()
    {
        byte[] report = TestClient.Pattern(300_000);
        var handler = new ScriptedHandler
        {
            Received = (_, data) => data.Length,
            PeerFinished = connection =>
            {
                connection.Send(report);
                connection.Close();
            },
        };
        await using TestServer server = TestServer.Scripted(handler);
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync("upload");
        client.FinishSending();
        Assert.Equal(report, await client.ReceiveToEndAsync());
    }

    [Fact]
    public async Task The_peers_FIN_is_told_once_even_when_what_is_sent_then_passes_the_high_mark()
    {
        int told = 0;
        byte[] report = TestClient.Pattern(8 * 1024 * 1024);
        var handler = new ScriptedHandler
        {
            PeerFinished = connection =>
            {
                told++;
                connection.Send(report);
            },
        };
        await using TestServer server = TestServer.Scripted(handler);
        using TestClient client = await server.ConnectAsync();
        ConnectionId id = await server.Journal.WaitOpenedAsync();
        client.FinishSending();
        Assert.Equal(report, await client.ReceiveExactlyAsync(report.Length));
        await Patience.UntilAsync(async () => await server.RentedBytesAsync() == 0);
        server.Group.Post(id, connection => connection.Close());
        await client.ExpectEndAsync();
        await server.Journal.WaitClosedAsync();
        Assert.Equal(1, told);
    }

    [Fact]
    public async Task A_FIN_in_the_middle_of_a_frame_ends_the_connection()
    {
        await using TestServer server = TestServer.Echo();
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync(TestClient.Frame("cut short").AsMemory(0, 6));
        client.FinishSending();
        await client.ExpectEndAsync();
        await server.Journal.WaitClosedAsync();
    }

    [Fact]
    public async Task A_FIN_without_any_data_ends_the_connection()
    {
        await using TestServer server = TestServer.Echo();
        using TestClient client = await server.ConnectAsync();
        client.FinishSending();
        await client.ExpectEndAsync();
        await server.Journal.WaitClosedAsync();
    }
}
