using System.Net;

namespace Penstock.Broadcast.Tests.Clients;

/// <summary>Clients that know nothing of this server, and the two that come with it.</summary>
public sealed class ExistingClientTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Ten_clients_that_write_and_read_one_message_back_in_a_loop_all_get_through(int loops)
    {
        const int clients = 10, rounds = 100;
        await using TcpServer server = Servers.Start(loops: loops);
        var endPoint = (IPEndPoint)server.EndPoint;

        List<string>[] read = await Task.WhenAll(Enumerable.Range(0, clients).Select(name => Task.Factory.StartNew(
            () => LoopingClient.Run(endPoint, $"{name}", rounds),
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        foreach (List<string> messages in read)
        {
            Assert.Equal(rounds, messages.Count);
            Assert.Equal(messages.Distinct(), messages);
            Assert.All(messages, message => Assert.Matches("^[0-9]:[0-9]{1,2}$", message));
        }
    }

    [Fact]
    public async Task Netcat_hears_the_lines_of_another_netcat()
    {
        await using TcpServer server = Servers.Start(BroadcastFraming.Lines);
        using ClientProcess listener = ClientProcess.Netcat(server);
        await Until.TrueAsync(() => server.ConnectionCount == 1);

        // -N: FIN after the input; the server answers it once everything is sent.
        using ClientProcess speaker = ClientProcess.Netcat(server, "-N");
        await speaker.WriteLinesAsync("first", "second");
        Assert.Equal("first", await listener.ReadLineAsync());
        Assert.Equal("second", await listener.ReadLineAsync());
        speaker.FinishInput();

        (int exitCode, string[] lines) = await speaker.WaitAsync();
        Assert.Equal(0, exitCode);
        Assert.Equal(["first", "second"], lines);
    }

    [Theory]
    [InlineData("lines", BroadcastFraming.Lines)]
    [InlineData("u32", BroadcastFraming.UInt32LittleEndian)]
    [InlineData("u64be", BroadcastFraming.UInt64BigEndian)]
    [InlineData("raw", BroadcastFraming.Raw)]
    public async Task Listen_prints_what_send_was_given(string name, BroadcastFraming framing)
    {
        await using TcpServer server = Servers.Start(framing);
        using ClientProcess listener = ClientProcess.Penstock("listen", server, name);
        await Until.TrueAsync(() => server.ConnectionCount == 1);

        using ClientProcess sender = ClientProcess.Penstock("send", server, name);
        await sender.WriteLinesAsync("grüß dich", "", "again");
        sender.FinishInput();
        (int sent, string[] printed) = await sender.WaitAsync();
        Assert.Equal(0, sent);
        Assert.Empty(printed);

        foreach (string line in (string[])["grüß dich", "", "again"])
            Assert.Equal(line, await listener.ReadLineAsync());
        await server.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, (await listener.WaitAsync()).ExitCode);
    }
}
