namespace Penstock.Samples.AspNetCore;

internal sealed record Weather(string City, double Celsius, string Sky);
