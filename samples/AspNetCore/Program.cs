using System.Net.WebSockets;
using System.Security.Cryptography;
using Penstock.Samples.AspNetCore;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.WebHost.UsePenstock();
builder.Services.Configure<Penstock.Kestrel.PenstockTransportOptions>(builder.Configuration.GetSection("Penstock"));

WebApplication app = builder.Build();
app.UseWebSockets();

app.MapGet("/", () => "Hello");
app.MapGet("/weather/{city}", (string city) => new Weather(city, 21.5, "clear"));
app.MapPost("/upload", async (HttpRequest request, CancellationToken cancellationToken) =>
{
    // The body is hashed as it arrives: what the client sends ahead of that waits in its own kernel.
    byte[] hash = await SHA256.HashDataAsync(request.Body, cancellationToken);
    return Convert.ToHexStringLower(hash);
});
app.Map("/echo", async (HttpContext context) =>
{
    using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
    await Echo.RunAsync(socket, context.RequestAborted);
});

app.Run();
