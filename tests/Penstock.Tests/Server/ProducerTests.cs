using System.Net;
using System.Net.Sockets;

namespace Penstock.Tests.Server;

public sealed class ProducerTests
{
    private const int Total = 16 * 1024 * 1024;

    [Fact]
    public async Task A_producer_that_stops_at_the_high_mark_is_called_until_everything_is_sent()
    {
        var options = new ServerOptions { MaxSendQueueBytes = 512 * 1024, ResumeSendQueueBytes = 128 * 1024 };
        TestIo.Apply(options.Loops);
        using TcpServer server = TcpServer.Start(options, _ => new Producer());
        using var client = new TcpClient();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        await client.ConnectAsync((IPEndPoint)server.EndPoint, patience.Token);
        await client.GetStream().WriteAsync(new byte[1], patience.Token);

        byte[] buffer = new byte[128 * 1024];
        int received = 0;
        for (int count; (count = await client.GetStream().ReadAsync(buffer, patience.Token)) > 0;)
            received += count;

        Assert.Equal(Total, received);
    }

    /// <summary>Writes while there is room, as the contract of OnDrained invites it to.</summary>
    private sealed class Producer : ConnectionHandler
    {
        private static readonly byte[] Piece = new byte[8 * 1024];

        private int _written;

        public override int OnReceived(Connection connection, ReadOnlySpan<byte> data)
        {
            Produce(connection);
            return data.Length;
        }

        public override void OnDrained(Connection connection) => Produce(connection);

        private void Produce(Connection connection)
        {
            for (; _written < Total && connection.UnsentBytes <= 512 * 1024; _written += Piece.Length)
                connection.Send(Piece);
            if (_written == Total)
                connection.Close();
        }
    }
}
