namespace Penstock.Kestrel.Tests;

public sealed class StockTransportTests : TransportContract
{
    private protected override TransportKind Kind => TransportKind.Stock;
}
