using System.Text;
using Penstock.Http.Tests.Scripted;

namespace Penstock.Http.Tests;

public sealed class AllocationTests
{
    private const int Rounds = 5;
    private const int Turns = 10_000;

    [Fact]
    public void A_get_allocates_nothing()
    {
        const string request = "GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n";
        Assert.Equal(0, AllocatedBy(request, 1, 106));
    }

    [Fact]
    public void Pipelined_gets_allocate_nothing() =>
        Assert.Equal(0, AllocatedBy("GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n", 16, 106));

    [Fact]
    public void An_upload_allocates_nothing()
    {
        const string request = "POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nHello";
        Assert.Equal(0, AllocatedBy(request, 1, 102));
    }

    private static long AllocatedBy(string request, int depth, int responseBytes)
    {
        using var server = new ScriptedServer(DefaultRoutes.Create());
        ScriptedPeer peer = server.Connect();
        peer.KeepsBytes = false;
        byte[] data = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(request, depth)));
        Exchange(server, peer, data, 200);

        // The runtime itself allocates now and then while it recompiles; what a request allocates is in every round.
        long least = long.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Exchange(server, peer, data, Turns);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(((Rounds * Turns) + 200L) * depth * responseBytes, peer.ReceivedBytes);
        return least;
    }

    private static void Exchange(ScriptedServer server, ScriptedPeer peer, byte[] data, int turns)
    {
        for (int i = 0; i < turns; i++)
        {
            peer.Send(data);
            server.RunTurn();
        }

        server.Run();
    }
}
