// Shows the OpenAPI document of the API with Swagger UI.

const place = document.getElementById("api");

window.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.schema,
  deepLinking: true,
  // The online validator would be another host.
  validatorUrl: null,
});
