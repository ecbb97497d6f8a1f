namespace Penstock.Simulation.Tests.Scenarios;

/// <summary>Echoes units of a few bytes; when the peer has finished, says farewell at length and closes.</summary>
internal sealed class StreamHandler : ConnectionHandler
{
    public const int UnitBytes = 5;
    public const int FarewellPieceBytes = 700;
    public const int FarewellPieces = 9;
    public const byte Farewell = 0x7E;

    public override int OnReceived(Connection connection, ReadOnlySpan<byte> data)
    {
        int consumed = 0;
        while (data.Length - consumed >= UnitBytes && connection.WantsInput)
        {
            connection.Send(data.Slice(consumed, UnitBytes));
            consumed += UnitBytes;
        }

        return consumed;
    }

    public override void OnPeerFinished(Connection connection)
    {
        connection.UserState = new Said();
        SayMore(connection);
    }

    public override void OnDrained(Connection connection) => SayMore(connection);

    private static void SayMore(Connection connection)
    {
        if (connection.UserState is not Said said)
            return;
        while (said.Pieces < FarewellPieces && connection.WantsInput)
        {
            connection.GetSpan(FarewellPieceBytes)[..FarewellPieceBytes].Fill(Farewell);
            connection.Advance(FarewellPieceBytes);
            said.Pieces++;
        }

        if (said.Pieces == FarewellPieces)
            connection.Close(CloseReason.PeerFinished);
    }

    private sealed class Said
    {
        public int Pieces { get; set; }
    }
}
